#!/usr/bin/env bash
# An embedder compiles only what they use: no AWS crate and no runtime where none was asked for.
set -euo pipefail

refuse() { # what, pattern, arguments of cargo tree
  local what=$1 pattern=$2 found
  shift 2
  found=$(cargo tree --locked -e normal --prefix none "$@" | grep -E "$pattern" | sort -u || true)
  if [ -n "$found" ]; then
    echo "$what holds:" >&2
    echo "$found" >&2
    exit 1
  fi
  echo "$what: none of $pattern"
}

refuse "cis-core" '^(aws-|tokio )' -p cis-core
refuse "cis-core with all features" '^(aws-|tokio )' -p cis-core --all-features
refuse "cis-core as it comes" '^(arrow|askama|csv|fluent|parquet|quick-xml|unic-langid|unicode-(linebreak|width)|uuid)' -p cis-core
refuse "the program audit without parquet" '^(arrow|parquet)' -p cis-examples
refuse "cis-aws without features" '^(aws-|tokio )' -p cis-aws --no-default-features
refuse "cis-aws as it comes" '^(aws-|tokio )' -p cis-aws
refuse "the program audit without live" '^(aws-|tokio )' -p cis-examples
refuse "cis-aws with live-iam alone" \
  '^aws-sdk-(accessanalyzer|account|cloudtrail|cloudwatch|cloudwatchlogs|config|ec2|efs|kms|macie2|organizations|rds|s3|s3control|securityhub|sns) ' \
  -p cis-aws --no-default-features --features live-iam
