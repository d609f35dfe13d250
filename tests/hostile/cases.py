# cases.py - all cases, in the order in which they are run.
# SPDX-License-Identifier: ISC

import cases_payloads  # noqa: F401
