namespace PruneTasks.Spec.Onnx;

/// <summary>Element types; the numbers up to <see cref="Float4E2M1"/> are those of ONNX (TensorProto.DataType in onnx.proto).</summary>
public enum ElementType
{
    /// <summary>Not given.</summary>
    Undefined = 0,

    /// <summary>32-bit floating point.</summary>
    Float32 = 1,

    /// <summary>8-bit unsigned.</summary>
    UInt8 = 2,

    /// <summary>8-bit signed.</summary>
    Int8 = 3,

    /// <summary>16-bit unsigned.</summary>
    UInt16 = 4,

    /// <summary>16-bit signed.</summary>
    Int16 = 5,

    /// <summary>32-bit signed.</summary>
    Int32 = 6,

    /// <summary>64-bit signed.</summary>
    Int64 = 7,

    /// <summary>UTF-8 text.</summary>
    String = 8,

    /// <summary>True or false, one byte.</summary>
    Bool = 9,

    /// <summary>16-bit floating point, IEEE 754 binary16.</summary>
    Float16 = 10,

    /// <summary>64-bit floating point.</summary>
    Float64 = 11,

    /// <summary>32-bit unsigned.</summary>
    UInt32 = 12,

    /// <summary>64-bit unsigned.</summary>
    UInt64 = 13,

    /// <summary>Two 32-bit floating point numbers.</summary>
    Complex64 = 14,

    /// <summary>Two 64-bit floating point numbers.</summary>
    Complex128 = 15,

    /// <summary>The upper half of a 32-bit floating point number.</summary>
    BFloat16 = 16,

    /// <summary>8-bit floating point, 4 exponent bits, no infinity.</summary>
    Float8E4M3FN = 17,

    /// <summary>8-bit floating point, 4 exponent bits, no infinity, no negative zero.</summary>
    Float8E4M3FNUZ = 18,

    /// <summary>8-bit floating point, 5 exponent bits.</summary>
    Float8E5M2 = 19,

    /// <summary>8-bit floating point, 5 exponent bits, no infinity, no negative zero.</summary>
    Float8E5M2FNUZ = 20,

    /// <summary>4-bit unsigned.</summary>
    UInt4 = 21,

    /// <summary>4-bit signed.</summary>
    Int4 = 22,

    /// <summary>4-bit floating point.</summary>
    Float4E2M1 = 23,

    /// <summary>A number that this version does not know.</summary>
    Unknown = 1000,

    /// <summary>No dense tensor: a sequence.</summary>
    Sequence = 1001,

    /// <summary>No dense tensor: a map.</summary>
    Map = 1002,

    /// <summary>No dense tensor: an optional value.</summary>
    Optional = 1003,

    /// <summary>No dense tensor: a sparse tensor.</summary>
    SparseTensor = 1004,
}

/// <summary>The names of element types in manifests.</summary>
public static class ElementTypeNames
{
    private static readonly Dictionary<string, ElementType> ByName =
        ((ElementType[])Enum.GetValues(typeof(ElementType))).ToDictionary(type => type.ToName(), StringComparer.Ordinal);

    /// <summary>The name in lower case, for example <c>float32</c>.</summary>
    public static string ToName(this ElementType type) => type.ToString().ToLowerInvariant();

    /// <summary>The type of a name; null for any other name.</summary>
    public static ElementType? FromName(string name) => ByName.TryGetValue(name, out ElementType type) ? type : null;
}
