# SPDX-License-Identifier: Apache-2.0
"""Labels of recordings as tables: a bundle's answers go out, a person's corrections come in."""
