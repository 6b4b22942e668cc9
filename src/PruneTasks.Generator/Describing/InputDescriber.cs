using System.Globalization;
using PruneTasks.Generator.Manifest;
using PruneTasks.Generator.Naming;

namespace PruneTasks.Generator.Describing;

/// <summary>Names the parameters of Run: inputs, open axes, and shapes of inputs without a rank share one scope.</summary>
internal static class InputDescriber
{
    public static (EquatableArray<InputDescription> Inputs, List<AxisStep> Axes) Describe(EquatableArray<TensorFacts> inputs)
    {
        List<string> keys = AxisPlanner.Keys(inputs);
        List<string> names = [.. inputs.Select(input => Identifiers.Camel(Identifiers.Tensor(input.Name, "Input")))];
        names.AddRange(keys.Select(key => AxisPlanner.Variable(key, inputs)));
        names.AddRange(inputs.Select((_, i) => names[i] + "Shape"));
        string[] unique = [.. UniqueNames.Of(names, i => i + 1, "cancellationToken", "call").Select(Identifiers.Escape)];
        Dictionary<string, string> variables = new(StringComparer.Ordinal);
        for (int i = 0; i < keys.Count; i++)
            variables[keys[i]] = unique[inputs.Count + i];
        EquatableArray<InputDescription> described = new(inputs.Select((input, i) => new InputDescription(
            input.Name,
            input.Type,
            ElementType.Find(input.Type)!,
            unique[i],
            input.Shape is { } shape ? new EquatableArray<string>(shape.Select((axis, j) => Entry(input, axis, j, variables))) : null,
            input.Shape is null ? unique[inputs.Count + keys.Count + i] : null,
            Text(input))));
        return (described, AxisPlanner.Plan(inputs, variables));
    }

    /// <summary>The shape for documentation: float32 [batch, 3, 32, 32]; ? for an axis without a name.</summary>
    public static string Text(TensorFacts tensor)
    {
        if (tensor.Shape is not { } shape)
            return tensor.Type + " of any shape";
        if (shape.Count == 0)
            return tensor.Type + " scalar";
        return $"{tensor.Type} [{string.Join(", ", shape.Select(axis => axis.Size?.ToString(CultureInfo.InvariantCulture) ?? axis.Symbol ?? "?"))}]";
    }

    private static string Entry(TensorFacts input, AxisFacts axis, int index, Dictionary<string, string> variables) =>
        axis.Size is { } size ? size.ToString(CultureInfo.InvariantCulture) : variables[AxisPlanner.Key(input, index)];
}
