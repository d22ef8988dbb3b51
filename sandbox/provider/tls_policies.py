"""The security policies of Elastic Load Balancing that moto knows, too.

Source: User Guide for Application Load Balancers, "Security policies for your Application Load Balancer". AWS has more;
a policy that is missing here is added when the program uses it.
"""

from typing import Final

_PREFIX: Final = "ELBSecurityPolicy-"
_TLS_1_3: Final = {
    "2021-06": ("3", "2", "2-Res", "2-Ext1", "2-Ext2", "1", "0"),
    "PQ-2025-09": ("3", "2", "2-Res", "2-Ext1", "2-Ext2", "0"),
}
_OLDER: Final = ("TLS-1-2-Ext-2018-06", "TLS-1-2-2017-01", "TLS-1-1-2017-01", "2016-08", "FS-1-2-Res-2020-10")
TLS_POLICIES: Final = (
    *(f"{_PREFIX}TLS13-1-{version}-{year}" for year, versions in _TLS_1_3.items() for version in versions),
    *(f"{_PREFIX}{name}" for name in _OLDER),
)
