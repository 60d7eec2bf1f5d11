# SPDX-License-Identifier: Apache-2.0
"""The nodes of `simulate`: simulator, driver, listener."""
