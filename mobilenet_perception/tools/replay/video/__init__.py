# SPDX-License-Identifier: Apache-2.0
"""`--video`: the frames of a replay with what was made of them, as a film."""
