# SPDX-License-Identifier: Apache-2.0
"""Reports: JSON for machines, tables for the terminal, and HTML pages for people.

`pages` holds the records of every page, of this package and of training, and renders them;
`run_page` says what a replay, a demo or a simulation came to.
"""
