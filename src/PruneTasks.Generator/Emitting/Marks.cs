using System.Globalization;
using PruneTasks.Generator.Describing;

namespace PruneTasks.Generator.Emitting;

/// <summary>The attributes by which the analyzers know generated types and lengths.</summary>
internal static class Marks
{
    private const string Runtime = "global::PruneTasks.Runtime.";

    /// <summary>The attribute of a type; <paramref name="kind"/> is a member of GeneratedTypeKind.</summary>
    public static string Type(string kind) => $"[{Runtime}GeneratedType({Runtime}GeneratedTypeKind.{kind})]";

    /// <summary>The attribute, and a blank, of a span that takes the values of an input; empty where every length may fit.</summary>
    public static string Length(InputDescription input)
    {
        if (input.Shape is not { Count: > 0 } shape)
            return "";
        long length = 1;
        bool open = false;
        foreach (string entry in shape)
        {
            if (!long.TryParse(entry, NumberStyles.None, CultureInfo.InvariantCulture, out long size))
                open = true;
            else if (size is 0 or > int.MaxValue || (length *= size) > int.MaxValue)
                return "";
        }
        return open && length == 1 ? "" : Length((int)length, open ? "MultipleOf" : "Exactly");
    }

    /// <summary>The same for a known length; <paramref name="rule"/> is a member of TensorLengthRule.</summary>
    public static string Length(int length, string rule) => $"[{Runtime}TensorLength({length}, {Runtime}TensorLengthRule.{rule})] ";
}
