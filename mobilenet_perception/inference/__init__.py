# SPDX-License-Identifier: Apache-2.0
"""A bundle on a runtime: networks become scores."""
