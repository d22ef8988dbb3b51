"""The sandbox's `awsx` plugin: `awsx.ec2.Vpc`, built of `aws.ec2` resources as the real component builds it."""
