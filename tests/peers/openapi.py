#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""openapi.py FILE: is it an OpenAPI 3.0 document by the schema that the specification publishes
(Debian package openapi-specification)? Says what is wrong, exit code 1."""

import json
import sys

import jsonschema

SCHEMA = "/usr/share/openapi-specification/schemas/v3.0/schema.json"


def main():
    with open(SCHEMA) as file:
        schema = json.load(file)
    with open(sys.argv[1]) as file:
        document = json.load(file)
    faults = list(jsonschema.Draft4Validator(schema).iter_errors(document))
    for fault in faults:
        print("/".join(str(part) for part in fault.absolute_path), fault.message[:200])
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
