"""The Pulumi resource provider plugin `aws` of the sandbox: `python -m sandbox.provider`.

It speaks the engine's provider protocol and carries every resource out on the embedded account, an AWS-compatible
server on loopback. It never speaks to any other endpoint.
"""
