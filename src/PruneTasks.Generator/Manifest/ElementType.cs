namespace PruneTasks.Generator.Manifest;

/// <summary>The table of element types: the manifest's word, and the C# type with the same bytes.</summary>
internal static class ElementType
{
    private static readonly Dictionary<string, string> CSharp = new(StringComparer.Ordinal)
    {
        ["float32"] = "float",
        ["float64"] = "double",
        ["float16"] = "global::System.Half",
        ["bfloat16"] = "global::Microsoft.ML.OnnxRuntime.BFloat16",
        ["string"] = "string",
        ["int8"] = "sbyte",
        ["int16"] = "short",
        ["int32"] = "int",
        ["int64"] = "long",
        ["uint8"] = "byte",
        ["uint16"] = "ushort",
        ["uint32"] = "uint",
        ["uint64"] = "ulong",
        ["bool"] = "bool",
    };

    /// <summary>The C# type, or null where generated code cannot pass such elements (sequences, maps, packed types).</summary>
    public static string? Find(string type) => CSharp.TryGetValue(type, out string? name) ? name : null;

    /// <summary>A number, as pixels can become.</summary>
    public static bool IsNumber(string type) => type is not ("bool" or "string" or "bfloat16") && CSharp.ContainsKey(type);

    /// <summary>A floating-point number, as class scores are.</summary>
    public static bool IsScore(string type) => type is "float32" or "float64" or "float16";
}
