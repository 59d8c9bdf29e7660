"""The part of the SARIF 2.1.0 schema that cnngen writes, closed: nothing else may be in it.

Written from the specification (OASIS, 2020): section numbers are its own. What passes here has been
held against the schema that OASIS publishes.
"""

from __future__ import annotations

from typing import Any


def closed(required: str, optional: str = "", **properties: Any) -> dict[str, Any]:
    """An object of these properties and no others."""
    assert {*required.split(), *optional.split()} == properties.keys()
    return {
        "type": "object",
        "required": required.split(),
        "additionalProperties": False,
        "properties": properties,
    }


def several(items: dict[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least}


TEXT = {"type": "string", "minLength": 1}
FROM_ONE = {"type": "integer", "minimum": 1}
LEVEL = {"enum": ["none", "note", "warning", "error"]}

MESSAGE = closed("text", text=TEXT)  # 3.11
HELP = closed("text markdown", text=TEXT, markdown=TEXT)  # 3.12
ARTIFACT = closed(  # 3.4; characters of RFC 3986
    "uri", uri={"type": "string", "pattern": r"^[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+$"}
)
REGION = closed(  # 3.30
    "startLine startColumn endLine endColumn",
    startLine=FROM_ONE,
    startColumn=FROM_ONE,
    endLine=FROM_ONE,
    endColumn=FROM_ONE,
)
PLACE = closed("artifactLocation", "region", artifactLocation=ARTIFACT, region=REGION)  # 3.29
LOCATION = closed("physicalLocation", "message", physicalLocation=PLACE, message=MESSAGE)  # 3.28
REPLACEMENT = closed(  # 3.57
    "deletedRegion insertedContent",
    deletedRegion=REGION,
    insertedContent=closed("text", text={"type": "string"}),
)
CHANGE = closed(  # 3.56
    "artifactLocation replacements",
    artifactLocation=ARTIFACT,
    replacements=several(REPLACEMENT, least=1),
)
FIX = closed(  # 3.55
    "description artifactChanges", description=MESSAGE, artifactChanges=several(CHANGE, least=1)
)
RESULT = closed(  # 3.27
    "ruleId ruleIndex level message locations",
    "relatedLocations fixes",
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level=LEVEL,
    message=MESSAGE,
    locations=several(LOCATION),
    relatedLocations=several(LOCATION, least=1),
    fixes=several(FIX, least=1),
)
RULE = closed(  # 3.49
    "id shortDescription help defaultConfiguration",
    id=TEXT,
    shortDescription=MESSAGE,
    help=HELP,
    defaultConfiguration=closed("level", level=LEVEL),
)
DRIVER = closed("name version rules", name={"const": "cnngen"}, version=TEXT, rules=several(RULE))
RUN = closed(  # 3.14
    "tool columnKind results",
    tool=closed("driver", driver=DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results=several(RESULT),
)
LOG = closed(  # 3.13
    "$schema version runs",
    **{"$schema": TEXT, "version": {"const": "2.1.0"}, "runs": several(RUN, least=1)},
)
