# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a running graph or a recording: facts are gathered, pure checks judge them.

`facts` says what there is to know, `checks` what is wrong with it; `ros` and the other gatherers
fill in the facts.
"""
