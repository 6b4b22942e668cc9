using System.Globalization;
using PruneTasks.Generator.Manifest;
using PruneTasks.Generator.Naming;

namespace PruneTasks.Generator.Describing;

/// <summary>The names of a model's inputs, axes and outputs, and the plan of its axes.</summary>
internal sealed record TensorNames(
    EquatableArray<InputDescription> Inputs, EquatableArray<OutputDescription> Outputs, EquatableArray<AxisDescription> Axes, EquatableArray<AxisStep> Steps);

/// <summary>
/// Names what generated code says of tensors. Inputs, open axes, and shapes of inputs without a rank share one scope (the parameters
/// of Run), inputs and outputs another (the properties of the request).
/// </summary>
internal static class InputDescriber
{
    private static readonly string[] ObjectMembers = ["Dispose", "Finalize", "ToString", "Equals", "GetHashCode", "GetType", "MemberwiseClone", "ReferenceEquals"];

    public static TensorNames Describe(string className, EquatableArray<TensorFacts> inputs, EquatableArray<TensorFacts> outputs)
    {
        List<string> keys = AxisPlanner.Keys(inputs);
        string[] natural = [.. inputs.Select(input => Identifiers.Tensor(input.Name, "Input"))];
        List<string> names = [.. natural.Select(Identifiers.Camel)];
        names.AddRange(keys.Select(key => AxisPlanner.Variable(key, inputs)));
        names.AddRange(natural.Select(name => Identifiers.Camel(name) + "Shape"));
        bool bag = inputs.Count > 4 || inputs.Any(input => input.Type == "string");
        string[] reserved = bag ? ["cancellationToken", "call", "input"] : ["cancellationToken", "call"];
        string[] unique = [.. UniqueNames.Of(names, i => i + 1, reserved).Select(Identifiers.Escape)];
        Dictionary<string, string> variables = new(StringComparer.Ordinal);
        for (int i = 0; i < keys.Count; i++)
            variables[keys[i]] = unique[inputs.Count + i];

        string[] results = [.. outputs.Select(output => Identifiers.Tensor(output.Name, "Output"))];
        string[] properties = UniqueNames.Of(results, i => i + 1, [className + "Output", "Create", "Axes", .. ObjectMembers]);
        string[] fields = UniqueNames.Of([.. properties.Select(property => "_" + Identifiers.Camel(property))], i => i + 1, "_axes");
        string[] parameters = [.. UniqueNames.Of([.. properties.Select(Identifiers.Camel), .. properties.Select(property => Identifiers.Camel(property) + "Shape")], i => i + 1, "axes").Select(Identifiers.Escape)];
        string[] request = UniqueNames.Of(
            [.. natural, .. results.Select(name => natural.Contains(name) ? name + "Output" : name), .. natural.Select(name => name + "Shape")], i => i + 1,
            [className + "Request", className + "Input", "Axes", "Capacity", "Run", "RunAsync", .. ObjectMembers]);
        EquatableArray<InputDescription> described = new(inputs.Select((input, i) => new InputDescription(
            input.Name,
            input.Type,
            ElementType.Find(input.Type)!,
            unique[i],
            request[i],
            input.Shape is { } shape ? new EquatableArray<string>(shape.Select((axis, j) => Entry(input, axis, j, variables))) : null,
            Template(input, (axis, j) => keys.IndexOf(AxisPlanner.Key(input, j))),
            input.Shape is null ? unique[inputs.Count + keys.Count + i] : null,
            Text(input))));
        EquatableArray<OutputDescription> written = new(outputs.Select((output, i) => new OutputDescription(
            output.Name, output.Type, ElementType.Find(output.Type)!, properties[i], fields[i], parameters[i], parameters[outputs.Count + i], request[inputs.Count + i],
            Template(output, (axis, j) => axis.Symbol is null ? -1 : keys.IndexOf(AxisPlanner.Key(output, j))),
            Text(output))));
        string[] members = UniqueNames.Of([.. keys.Select(key => Identifiers.Upper(AxisPlanner.Variable(key, inputs)))], i => i + 1, [className + "Axes", "Deconstruct", "PrintMembers", "EqualityContract", .. ObjectMembers]);
        EquatableArray<AxisDescription> axes = new(keys.Select((key, i) => new AxisDescription(members[i], variables[key], AxisPlanner.Text(key), AxisPlanner.Leads(key, inputs))));
        return new TensorNames(described, written, axes, new EquatableArray<AxisStep>(AxisPlanner.Plan(inputs, variables)));
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

    private static EquatableArray<int>? Template(TensorFacts tensor, Func<AxisFacts, int, int> axisOf)
    {
        if (tensor.Shape is not { } shape)
            return null;
        return new EquatableArray<int>(shape.Select((axis, j) =>
        {
            if (axis.Size is { } size)
                return size;
            int at = axisOf(axis, j);
            return at < 0 ? OutputDescription.Open : -1 - at;
        }));
    }

    private static string Entry(TensorFacts input, AxisFacts axis, int index, Dictionary<string, string> variables) =>
        axis.Size is { } size ? size.ToString(CultureInfo.InvariantCulture) : variables[AxisPlanner.Key(input, index)];
}
