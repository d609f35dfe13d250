# cases.py - all cases, in the order in which they are run.
# SPDX-License-Identifier: ISC

import cases_cert  # noqa: F401
import cases_child  # noqa: F401
import cases_clear  # noqa: F401
import cases_cookie  # noqa: F401
import cases_payloads  # noqa: F401
import cases_proof  # noqa: F401
import cases_sealed  # noqa: F401
