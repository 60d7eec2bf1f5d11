# SPDX-License-Identifier: Apache-2.0
"""`check`, `classify`, `build` and `engines`: commands about a model bundle."""
