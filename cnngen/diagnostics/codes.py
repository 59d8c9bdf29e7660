"""Every diagnostic's code. Stable: a number is never given to another problem.

Each has a document in ``docs/`` beside this file, with a source that provokes it; ``cnngen
explain CODE`` prints it, and a test compiles the source.
"""

from __future__ import annotations

from cnngen.record import NamedTuple


class Code(NamedTuple):
    """A kind of problem: ``id`` as printed, ``title`` as listed.

    The letter of the id says how grave it is: E an error, W a warning, N a note.
    """

    id: str
    title: str

    @property
    def severity(self) -> str:
        """``error``, ``warning`` or ``note``."""
        return {"E": "error", "W": "warning", "N": "note"}[self.id[0]]


CODES: dict[str, Code] = {}


def warnings() -> list[str]:
    """The codes that can be selected and ignored: those of warnings and notes."""
    return [code for code in CODES if code[0] in "WN"]


def begins_warning(text: str) -> bool:
    """Whether it is such a code, or what some of them begin with, as ``W11``."""
    return bool(text) and any(code.startswith(text) for code in warnings())


def _code(number: str, title: str) -> Code:
    if number in CODES:
        raise ValueError(f"{number} is taken by '{CODES[number].title}'")
    code = CODES[number] = Code(number, title)
    return code


# E0: files
FILE_MISSING = _code("E001", "file not found")
FILE_IS_FOLDER = _code("E002", "a folder, not a file")
FILE_NOT_UTF8 = _code("E003", "not UTF-8 text")
FILE_TOO_LARGE = _code("E004", "file too large")
FILE_UNREADABLE = _code("E005", "file cannot be read")
NO_NETWORK = _code("E006", "no network in the file")
OUTPUT_UNWRITABLE = _code("E007", "output cannot be written")
OUTPUT_FOREIGN = _code("E008", "output was not made by cnngen")
OUTPUT_STALE = _code("E009", "output is older than its source")
USE_MISSING = _code("E010", "file to use not found")
USE_OUTSIDE = _code("E011", "file to use outside the project")
USE_CYCLE = _code("E012", "files that use each other")
OUTPUT_EXISTS = _code("E013", "output exists already")
NOT_WEIGHTS = _code("E014", "not a file of weights")
OUTPUT_MISSING = _code("E015", "output is missing")
OUTPUT_EDITED = _code("E016", "output was edited by hand")
OUTPUT_FORMATTED = _code("E017", "output was formatted by another tool")
OUTPUT_OUTDATED = _code("E018", "output of another version of cnngen")
OUTPUT_ORPHANED = _code("E019", "output without a source")
CONFIGURATION = _code("E020", "configuration that cannot be used")
NO_VERSION = _code("E021", "version that git does not have")
LAID_OUT_OTHERWISE = _code("E022", "source in another layout")

# E1: syntax
UNEXPECTED = _code("E101", "unexpected text")
STRAY_CHARACTER = _code("E102", "stray character")
STRING_OPEN = _code("E103", "string without its end")
BRACE_OPEN = _code("E104", "brace without its end")
BRACE_EXTRA = _code("E105", "closing brace without its start")
COMMA_IN_ARGUMENTS = _code("E106", "comma between arguments")
BAD_NUMBER = _code("E107", "malformed number or size")
OUTSIDE_NETWORK = _code("E108", "layer outside a network")
CALL_STYLE = _code("E109", "arguments in parentheses")
LABEL_WITH_EQUALS = _code("E110", "label written with =")
ELSE_ALONE = _code("E111", "else on a line of its own")
MISSING_VALUE = _code("E112", "missing value")
MISSING_NAME = _code("E113", "missing name")
TOO_DEEP = _code("E114", "nested too deep")
TOO_BIG = _code("E115", "number too large")
SIGNED_ARGUMENT = _code("E116", "argument that starts with a sign")
BRACKET_OPEN = _code("E117", "bracket without its end")
BRACKET_EXTRA = _code("E118", "closing bracket without its start")
OTHER_TOOL = _code("E119", "line of another tool")

# E2: names, arguments and values
UNKNOWN_LAYER = _code("E201", "unknown layer")
UNKNOWN_ARGUMENT = _code("E202", "unknown argument")
UNKNOWN_NAME = _code("E203", "unknown name")
UNKNOWN_NETWORK = _code("E204", "unknown network")
MISSING_ARGUMENT = _code("E205", "missing argument")
EXTRA_ARGUMENT = _code("E206", "extra argument")
REPEATED_ARGUMENT = _code("E207", "repeated argument")
WRONG_VALUE = _code("E208", "value of the wrong kind")
UNKNOWN_PARAMETER = _code("E209", "unknown parameter")
MISSING_PARAMETER = _code("E210", "parameter without a value")
NAME_REFUSED = _code("E211", "name that cannot be used")
NAME_TAKEN = _code("E212", "name defined twice")
WRONG_OPERAND = _code("E213", "operation on the wrong kind of value")
DIVISION_BY_ZERO = _code("E214", "division by zero")
INDEX_OUT_OF_RANGE = _code("E215", "index out of range")
UNKNOWN_FUNCTION = _code("E216", "unknown function")
BAD_LOOP = _code("E217", "loop over the wrong kind of value")
EXPANSION_LIMIT = _code("E218", "network too large")
VARIANT_CYCLE = _code("E219", "variants that refer to each other")
CONFLICTING_ARGUMENTS = _code("E220", "arguments that exclude each other")
BLOCK_RECURSION = _code("E221", "block that contains itself")
UNKNOWN_LABEL = _code("E222", "label without a value")
BODY_MISSING = _code("E223", "construct without its body")
BODY_EXTRA = _code("E224", "body where none belongs")
SIDE_HEAD_PLACE = _code("E225", "side head inside something")
VALUE_UNUSED = _code("E226", "value that nothing uses")
NOTHING_TO_ZERO = _code("E227", "residual that ends in no batch norm")
OUTPUT_PLACE = _code("E228", "output in the wrong place")

# E3: shapes
SHAPE_MISMATCH = _code("E301", "shape differs from the one stated")
WINDOW_TOO_LARGE = _code("E302", "window larger than its input")
NEEDS_MAP = _code("E303", "layer needs a map, not a vector")
DENSE_ON_MAP = _code("E304", "dense on an unflattened map")
DOES_NOT_DIVIDE = _code("E305", "number that does not divide")
LAYER_BEFORE_INPUT = _code("E306", "layer before input")
INPUT_UNNAMED = _code("E307", "several inputs, one without a name")
EMPTY_NETWORK = _code("E308", "network without input or layers")
BAD_SHAPE = _code("E309", "not a shape")
PADDING_TOO_LARGE = _code("E310", "padding too large")
SIZE_TOO_LARGE = _code("E311", "map or weights too large")
INPUT_IN_GROUP = _code("E312", "input inside a group")
SHORTCUT_MISMATCH = _code("E313", "shortcut that does not fit")
BRANCHES_DIFFER = _code("E314", "branches of different size")
JOIN_MISMATCH = _code("E315", "values that cannot be joined")
GATE_MISMATCH = _code("E316", "gate that does not fit")
CHANNELS_REMOVED = _code("E317", "fewer channels than there are")
DEFAULT_IN_BRACES = _code("E318", "default inside braces")
NEEDS_TWO_AXES = _code("E319", "layer needs height and width")
REUSE_MISMATCH = _code("E320", "weights that cannot be used again")
ELEMENTS_DIFFER = _code("E321", "shape with other elements than there are")

# E4: targets
INEXPRESSIBLE = _code("E401", "target cannot express this")
NAME_RESERVED = _code("E402", "name that the target uses itself")
NAME_CLASH = _code("E403", "two names that become one in the target")

# E5: weights in files
WEIGHTS_MISFIT = _code("E501", "weights that do not fit the network")
SEVERAL_SETS = _code("E502", "several sets of weights")
MIXED_TYPES = _code("E503", "weights of several types")
GRAPH_DIFFERS = _code("E504", "model that is not built as the network is")
ORDER_ALONE = _code("E505", "layers that only their order tells apart")
WRONG_RENAMES = _code("E506", "table of names that does not fit the file")
CHECKPOINT_BREAK = _code("E507", "change that breaks checkpoints")

# E6: models that are lifted
NOT_RECORDED = _code("E601", "model that cannot be lifted")
NO_WORD = _code("E602", "part of a model that the language cannot say")
LIFTED_DIFFERS = _code("E603", "lifted network that computes something else")

# E7: drawings
DRAWING_TOO_LARGE = _code("E701", "network too large to draw")

# W1: what compiles and is seldom meant
INPUT_ORDER = _code("W101", "input with its channels first")
SIZE_AS_FILTERS = _code("W102", "size of the map as a number of filters")
SOFTMAX_AT_END = _code("W103", "softmax at the end")
ACTIVATION_AT_END = _code("W104", "activation behind the last dense layer")
LINEAR_PAIR = _code("W105", "two linear layers with nothing between")
ACTIVATION_TWICE = _code("W106", "activation right after an activation")
POINTLESS_LAYER = _code("W107", "layer that does nothing here")
BIAS_BEFORE_NORM = _code("W108", "bias before a batch norm")
DROPOUT_BEFORE_NORM = _code("W109", "dropout before a batch norm")
UNUSED_PARAMETER = _code("W110", "parameter that nothing uses")
UNUSED_BLOCK = _code("W111", "block that nothing uses")
UNUSED_NAME = _code("W112", "name that nothing uses")
PIXELS_LOST = _code("W113", "windows that leave out the edge")
WIDE_WINDOW = _code("W114", "very large window")
SMALL_PROJECTION = _code("W115", "projection between almost equal channels")
NETWORK_SPELLING = _code("W116", "name that the literature spells otherwise")
UNUSED_IGNORE = _code("W117", "ignored code that is not there")
DROPOUT_AT_END = _code("W118", "dropout behind the last layer")
UNUSED_USE = _code("W119", "use of a file that nothing needs")
PRODUCT_AS_SIZE = _code("W120", "product where a size was meant")

# W3: shapes and losses
HEADS_DIFFER = _code("W301", "side head with other classes than the main head")
NORM_OF_ONE_VALUE = _code("W302", "normalisation over one value")
LOSS_OF_OUTPUT = _code("W303", "output that does not fit its loss")

# N: notes
PADDING_COUNTED = _code("N101", "average that counts the padding")
LRN_ALPHA = _code("N102", "alpha of the plain sum of squares")
HARD_SIGMOID = _code("N103", "hard sigmoid with a slope of 1/6")
PROJECTION_INSERTED = _code("N301", "projection inserted")
CHANGED_FOR_INFERENCE = _code("N302", "changed for inference")
NORM_STAYS = _code("N303", "batch norm that stays for inference")
