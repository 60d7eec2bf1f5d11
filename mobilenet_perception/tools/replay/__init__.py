# SPDX-License-Identifier: Apache-2.0
"""Play a source through the classifier: in this process, or over DDS to the real node."""
