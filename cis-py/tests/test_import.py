"""The package builds, imports and knows its version."""

import importlib.metadata

import cis_aws


def test_the_version_is_the_distributions():
    assert cis_aws.__version__ == importlib.metadata.version("cis-aws")
