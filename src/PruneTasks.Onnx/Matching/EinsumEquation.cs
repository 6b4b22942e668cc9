namespace PruneTasks.Onnx;

/// <summary>The equation of an Einsum node (ai.onnx Einsum, since opset 12): one letter an axis; an ellipsis reads as the character <c>.</c>.</summary>
/// <param name="Operands">Axes of each operand.</param>
/// <param name="Output">Axes of the result.</param>
public sealed record EinsumEquation(IReadOnlyList<string> Operands, string Output)
{
    /// <summary>Stands for all axes that an ellipsis covers.</summary>
    public const char Ellipsis = '.';

    /// <summary>Reads an equation; <see langword="null"/> if it is not well-formed.</summary>
    public static EinsumEquation? Parse(string? text)
    {
        if (text is null) return null;
        string[] sides = text.Replace(" ", "", StringComparison.Ordinal).Replace("...", ".", StringComparison.Ordinal).Split("->");
        if (sides.Length > 2) return null;
        string[] operands = sides[0].Split(',');
        string output = sides.Length == 2 ? sides[1] : Implicit(operands);
        bool isSane = operands.Append(output).All(t => t.All(c => char.IsAsciiLetter(c) || c == Ellipsis) && t.Count(c => c == Ellipsis) <= 1)
            && output.All(c => operands.Any(o => o.Contains(c))) && output.Distinct().Count() == output.Length;
        return isSane ? new EinsumEquation(operands, output) : null;
    }

    // Without "->": letters that occur once, in alphabetical order, behind the ellipsis.
    private static string Implicit(string[] operands)
    {
        string all = string.Concat(operands);
        string once = string.Concat(all.Where(c => c != Ellipsis && all.Count(x => x == c) == 1).Order());
        return all.Contains(Ellipsis) ? Ellipsis + once : once;
    }
}
