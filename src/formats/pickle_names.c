/* pickle_names.c: the names that a pickle may hold: what torch.save writes for tensors, and what
 * checkpoints of PyTorch Lightning were seen to hold beside them. A name is never looked up in
 * anything but this table; a class that cannot be called here still may be a key or a value. */
#include "formats/pickle_machine.h"

#include <string.h>

#define CALL(module, name, function)                                                               \
    {                                                                                              \
        module, name, function, LEVIN_NAME_PLAIN, LEVIN_ST_DTYPES                                  \
    }
#define WORD(module, name)  CALL(module, name, NULL)
#define CLASS(module, name) CALL(module, name, levin__call_object)
#define STATE(module, name)                                                                        \
    {                                                                                              \
        module, name, levin__call_object, LEVIN_NAME_STATE, LEVIN_ST_DTYPES                        \
    }
#define CONTENT(module, name)                                                                      \
    {                                                                                              \
        module, name, levin__call_object, LEVIN_NAME_CONTENT, LEVIN_ST_DTYPES                      \
    }
#define STORAGE(name, dtype)                                                                       \
    {                                                                                              \
        "torch", name, NULL, LEVIN_NAME_STORAGE, dtype                                             \
    }
#define DTYPE(name, dtype)                                                                         \
    {                                                                                              \
        "torch", name, NULL, LEVIN_NAME_DTYPE, dtype                                               \
    }
/* Lightning's packages, old and new. */
#define CALLBACK(file, name)                                                                       \
    WORD("pytorch_lightning.callbacks." file, name), WORD("lightning.pytorch.callbacks." file, name)

static const levin_pickle_name names[] = {
    CALL("collections", "OrderedDict", levin__call_dict),
    CALL("collections", "Counter", levin__call_dict),
    CALL("collections", "defaultdict", levin__call_default_dict),
    CALL("collections", "deque", levin__call_list),

    CALL("builtins", "set", levin__call_set),
    CALL("builtins", "frozenset", levin__call_set),
    CALL("builtins", "list", levin__call_list),
    CALL("builtins", "dict", levin__call_dict),
    CALL("builtins", "bytes", levin__call_bytes),
    CALL("builtins", "bytearray", levin__call_bytes),
    CLASS("builtins", "complex"),
    CLASS("builtins", "range"),
    CLASS("builtins", "slice"),
    WORD("builtins", "tuple"),
    WORD("builtins", "str"),
    WORD("builtins", "int"),
    WORD("builtins", "float"),
    WORD("builtins", "bool"),
    WORD("builtins", "object"),
    CALL("_codecs", "encode", levin__call_encode),

    CALL("torch._utils", "_rebuild_tensor", levin__call_tensor),
    CALL("torch._utils", "_rebuild_tensor_v2", levin__call_tensor_v2),
    CALL("torch._utils", "_rebuild_tensor_v3", levin__call_tensor_v3),
    CALL("torch._utils", "_rebuild_parameter", levin__call_parameter),
    CALL("torch._utils", "_rebuild_parameter_with_state", levin__call_parameter),
    CALL("torch._tensor", "_rebuild_from_type_v2", levin__call_from_type),
    WORD("torch", "Tensor"),
    WORD("torch.nn.parameter", "Parameter"),
    WORD("torch.nn.parameter", "Buffer"),
    CALL("torch", "Size", levin__call_first),
    CALL("torch", "device", levin__call_device),
    CALL("torch.serialization", "_get_layout", levin__call_first),

    STORAGE("FloatStorage", LEVIN_ST_F32),
    STORAGE("DoubleStorage", LEVIN_ST_F64),
    STORAGE("HalfStorage", LEVIN_ST_F16),
    STORAGE("BFloat16Storage", LEVIN_ST_BF16),
    STORAGE("LongStorage", LEVIN_ST_I64),
    STORAGE("IntStorage", LEVIN_ST_I32),
    STORAGE("ShortStorage", LEVIN_ST_I16),
    STORAGE("CharStorage", LEVIN_ST_I8),
    STORAGE("ByteStorage", LEVIN_ST_U8),
    STORAGE("BoolStorage", LEVIN_ST_BOOL),
    STORAGE("ComplexFloatStorage", LEVIN_ST_C64),
    { "torch.storage", "UntypedStorage", NULL, LEVIN_NAME_BYTES, LEVIN_ST_U8 },
    { "torch", "UntypedStorage", NULL, LEVIN_NAME_BYTES, LEVIN_ST_U8 },

    DTYPE("float32", LEVIN_ST_F32),
    DTYPE("float64", LEVIN_ST_F64),
    DTYPE("float16", LEVIN_ST_F16),
    DTYPE("bfloat16", LEVIN_ST_BF16),
    DTYPE("int64", LEVIN_ST_I64),
    DTYPE("int32", LEVIN_ST_I32),
    DTYPE("int16", LEVIN_ST_I16),
    DTYPE("int8", LEVIN_ST_I8),
    DTYPE("uint64", LEVIN_ST_U64),
    DTYPE("uint32", LEVIN_ST_U32),
    DTYPE("uint16", LEVIN_ST_U16),
    DTYPE("uint8", LEVIN_ST_U8),
    DTYPE("bool", LEVIN_ST_BOOL),
    DTYPE("complex64", LEVIN_ST_C64),
    DTYPE("float8_e4m3fn", LEVIN_ST_F8_E4M3),
    DTYPE("float8_e5m2", LEVIN_ST_F8_E5M2),
    DTYPE("float8_e4m3fnuz", LEVIN_ST_F8_E4M3FNUZ),
    DTYPE("float8_e5m2fnuz", LEVIN_ST_F8_E5M2FNUZ),
    DTYPE("float8_e8m0fnu", LEVIN_ST_F8_E8M0),

    CALL("numpy._core.multiarray", "scalar", levin__call_numpy_scalar),
    CLASS("numpy._core.multiarray", "_reconstruct"),
    CLASS("numpy._core.numeric", "_frombuffer"),
    CLASS("numpy", "dtype"),
    WORD("numpy", "ndarray"),

    CALL("pathlib", "Path", levin__call_path),
    CALL("pathlib", "PosixPath", levin__call_path),
    CALL("pathlib", "WindowsPath", levin__call_path),
    CALL("pathlib", "PurePosixPath", levin__call_path),
    CALL("pathlib", "PureWindowsPath", levin__call_path),
    CALL("pathlib._local", "PosixPath", levin__call_path),
    CALL("pathlib._local", "WindowsPath", levin__call_path),
    CLASS("datetime", "timedelta"),
    CLASS("datetime", "datetime"),
    CLASS("datetime", "date"),
    CLASS("datetime", "time"),
    CLASS("datetime", "timezone"),
    CLASS("decimal", "Decimal"),
    WORD("typing", "Any"),

    /* Bundles of hyper-parameters. */
    STATE("argparse", "Namespace"),
    STATE("types", "SimpleNamespace"),
    STATE("transformers.models.bert.configuration_bert", "BertConfig"),
    STATE("transformers.configuration_bert", "BertConfig"),
    CALL("lightning.fabric.utilities.data", "AttributeDict", levin__call_dict),
    CALL("lightning_fabric.utilities.data", "AttributeDict", levin__call_dict),
    CALL("lightning.pytorch.utilities.parsing", "AttributeDict", levin__call_dict),
    CALL("pytorch_lightning.utilities.parsing", "AttributeDict", levin__call_dict),
    WORD("pytorch_lightning.utilities.argparse_utils", "_gpus_arg_default"),
    WORD("pytorch_lightning.utilities.argparse", "_gpus_arg_default"),
    CONTENT("omegaconf.dictconfig", "DictConfig"),
    CONTENT("omegaconf.listconfig", "ListConfig"),
    CONTENT("omegaconf.nodes", "AnyNode"),
    CONTENT("omegaconf.nodes", "StringNode"),
    CONTENT("omegaconf.nodes", "IntegerNode"),
    CONTENT("omegaconf.nodes", "FloatNode"),
    CONTENT("omegaconf.nodes", "BooleanNode"),
    STATE("omegaconf.base", "Metadata"),
    STATE("omegaconf.base", "ContainerMetadata"),

    /* The keys of callbacks' states up to Lightning 1.4. */
    CALLBACK("model_checkpoint", "ModelCheckpoint"),
    CALLBACK("early_stopping", "EarlyStopping"),
    CALLBACK("lr_monitor", "LearningRateMonitor"),
    CALLBACK("gradient_accumulation_scheduler", "GradientAccumulationScheduler"),
    CALLBACK("stochastic_weight_avg", "StochasticWeightAveraging"),
    CALLBACK("finetuning", "BackboneFinetuning"),
    CALLBACK("timer", "Timer"),

    /* Classes and functions that hyper-parameters choose. */
    WORD("torch.optim.adam", "Adam"),
    WORD("torch.optim.adamw", "AdamW"),
    WORD("torch.optim.sgd", "SGD"),
    WORD("torch.nn.modules.activation", "GELU"),
    WORD("torch.nn.modules.activation", "ReLU"),
    WORD("torch.nn.modules.activation", "Tanh"),
    WORD("torch.nn.functional", "relu"),
    WORD("torch._C._nn", "gelu"),
    WORD("torch", "tanh"),
};
enum { NAMES = sizeof names / sizeof *names };

static bool same(const char *known, const char *prefix, levin_text text)
{
    size_t n = strlen(prefix);
    return text.size == n + strlen(known) && memcmp(text.bytes, prefix, n) == 0 &&
           memcmp(text.bytes + n, known, text.size - n) == 0;
}

/* Modules that were called otherwise: by Python 2, whose names protocol 2 keeps, and by NumPy 1. */
static bool same_module(const char *known, levin_text module)
{
    static const char numpy[] = "numpy._core.";
    if (same(known, "", module))
        return true;
    if (strcmp(known, "builtins") == 0)
        return same("__builtin__", "", module);
    size_t n = sizeof numpy - 1;
    return strncmp(known, numpy, n) == 0 && same(known + n, "numpy.core.", module);
}

static bool same_name(const levin_pickle_name *known, levin_text name)
{
    static const char *const python2[][2] = { { "int", "long" },
                                              { "str", "unicode" },
                                              { "range", "xrange" } };
    if (same(known->name, "", name))
        return true;
    for (size_t i = 0; i < sizeof python2 / sizeof *python2; i++)
        if (strcmp(known->module, "builtins") == 0 && strcmp(known->name, python2[i][0]) == 0)
            return same(python2[i][1], "", name);
    return false;
}

const levin_pickle_name *levin__pickle_name_find(levin_text module, levin_text name)
{
    for (size_t i = 0; i < NAMES; i++)
        if (same_module(names[i].module, module) && same_name(&names[i], name))
            return &names[i];
    return NULL;
}

const char *levin__pickle_storage_class(levin_st_dtype dtype)
{
    for (size_t i = 0; i < NAMES && dtype != LEVIN_ST_C64; i++)
        if (names[i].role == LEVIN_NAME_STORAGE && names[i].dtype == dtype)
            return names[i].name;
    return NULL;
}
