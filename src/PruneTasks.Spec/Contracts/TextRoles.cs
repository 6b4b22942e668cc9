using PruneTasks.Spec.Onnx;

namespace PruneTasks.Spec.Contracts;

/// <summary>Tells which input takes what of a text: as the spec says, else by the names that exporters use, else by what is left.</summary>
internal static class TextRoles
{
    /// <summary>The inputs by their part, or why they cannot be told. States of a language model are not among them.</summary>
    public static TextInputs Find(TextInputs given, ModelSignature signature, out string? refusal)
    {
        TensorSignature[] open = [.. signature.Inputs.Where(input => signature.States.All(pair => pair.Past != input.Name))];
        string? mask = given.Mask ?? Named(open, given, "mask");
        string? segments = given.Segments ?? Named(open, given, "token_type", "segment");
        string? positions = given.Positions ?? Named(open, given, "position");
        TensorSignature[] rest = [.. open.Where(input => input.Name != mask && input.Name != segments && input.Name != positions)];
        string? tokens = given.Tokens ?? (rest.Count(IsWhole) == 1 ? rest.First(IsWhole).Name : open.Length == 1 && IsWhole(open[0]) ? open[0].Name : null);
        if (tokens == mask)
            mask = null;
        refusal = tokens is null
            ? rest.Length == 0 || !rest.Any(IsWhole) ? "no input takes token ids" : $"inputs {Quoted(rest.Where(IsWhole))} could all take token ids; name it in 'text.inputs.tokens'"
            : open.FirstOrDefault(input => input.Name != tokens && input.Name != mask && input.Name != segments && input.Name != positions) is { } strange
                ? $"input '{strange.Name}' is neither tokens, mask, segments, positions nor a state with an output that continues it"
                : null;
        return new TextInputs(tokens, mask, segments, positions);
    }

    private static string? Named(TensorSignature[] inputs, TextInputs given, params string[] words)
    {
        if (inputs.Length == 1)
            return null;
        string?[] taken = [given.Tokens, given.Mask, given.Segments, given.Positions];
        string[] found = [.. inputs.Select(input => input.Name).Where(name =>
            !taken.Contains(name) && words.Any(word => name.ToLowerInvariant().Contains(word)))];
        return found.Length == 1 ? found[0] : null;
    }

    private static bool IsWhole(TensorSignature input) => input.ElementType is ElementType.Int64 or ElementType.Int32;

    private static string Quoted(IEnumerable<TensorSignature> inputs) => string.Join(" and ", inputs.Select(input => $"'{input.Name}'"));
}
