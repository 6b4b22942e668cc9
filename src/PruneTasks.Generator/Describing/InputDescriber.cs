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
        string[] natural = Tensors(inputs, "Input"), results = Tensors(outputs, "Output");
        string[] axisVariables = new string[keys.Count];
        for (int i = 0; i < axisVariables.Length; i++)
            axisVariables[i] = AxisPlanner.Variable(keys[i], inputs);
        string[] unique = Parameters(inputs, natural, axisVariables);
        string[] request = RequestMembers(className, natural, results);
        Dictionary<string, string> variables = new(StringComparer.Ordinal);
        for (int i = 0; i < keys.Count; i++)
            variables[keys[i]] = unique[inputs.Count + i];

        InputDescription[] described = new InputDescription[inputs.Count];
        for (int i = 0; i < described.Length; i++)
        {
            TensorFacts input = inputs[i];
            described[i] = new InputDescription(
                input.Name, input.Type, ElementType.Find(input.Type)!, unique[i], request[i], Entries(input, variables), Template(input, keys, named: false),
                input.Shape is null ? unique[inputs.Count + keys.Count + i] : null, Text(input));
        }
        return new TensorNames(
            new EquatableArray<InputDescription>(described), Outputs(className, outputs, results, request, inputs.Count, keys), Axes(className, inputs, keys, axisVariables, variables),
            new EquatableArray<AxisStep>(AxisPlanner.Plan(inputs, variables)));
    }

    private static string[] Tensors(EquatableArray<TensorFacts> tensors, string otherwise)
    {
        string[] names = new string[tensors.Count];
        for (int i = 0; i < names.Length; i++)
            names[i] = Identifiers.Tensor(tensors[i].Name, otherwise);
        return names;
    }

    /// <summary>Names in the scope of Run: the inputs, the axes, the shapes of the inputs.</summary>
    private static string[] Parameters(EquatableArray<TensorFacts> inputs, string[] natural, string[] axisVariables)
    {
        List<string> names = [];
        bool bag = inputs.Count > 4;
        for (int i = 0; i < natural.Length; i++)
        {
            names.Add(Identifiers.Camel(natural[i]));
            bag |= inputs[i].Type == "string";
        }
        names.AddRange(axisVariables);
        foreach (string name in natural)
            names.Add(Identifiers.Camel(name) + "Shape");
        return Escaped(UniqueNames.Of(names, After, bag ? ["cancellationToken", "call", "input"] : ["cancellationToken", "call"]));
    }

    /// <summary>Names of the request's properties: inputs, outputs, shapes of inputs.</summary>
    private static string[] RequestMembers(string className, string[] natural, string[] results)
    {
        List<string> names = [.. natural];
        foreach (string name in results)
            names.Add(Array.IndexOf(natural, name) >= 0 ? name + "Output" : name);
        foreach (string name in natural)
            names.Add(name + "Shape");
        return UniqueNames.Of(names, After, Reserved(className + "Request", className + "Input", "Axes", "Capacity", "Run", "RunAsync"));
    }

    private static EquatableArray<OutputDescription> Outputs(string className, EquatableArray<TensorFacts> outputs, string[] results, string[] request, int inputs, List<string> keys)
    {
        string[] properties = UniqueNames.Of(results, After, Reserved(className + "Output", "Create", "Axes"));
        string[] fields = new string[properties.Length], parameters = new string[2 * properties.Length];
        for (int i = 0; i < properties.Length; i++)
        {
            string name = Identifiers.Camel(properties[i]);
            (fields[i], parameters[i], parameters[properties.Length + i]) = ("_" + name, name, name + "Shape");
        }
        fields = UniqueNames.Of(fields, After, "_axes");
        parameters = Escaped(UniqueNames.Of(parameters, After, "axes"));
        OutputDescription[] described = new OutputDescription[outputs.Count];
        for (int i = 0; i < described.Length; i++)
        {
            TensorFacts output = outputs[i];
            described[i] = new OutputDescription(
                output.Name, output.Type, ElementType.Find(output.Type)!, properties[i], fields[i], parameters[i], parameters[outputs.Count + i],
                request[inputs + i], Template(output, keys, named: true), Text(output));
        }
        return new EquatableArray<OutputDescription>(described);
    }

    private static EquatableArray<AxisDescription> Axes(
        string className, EquatableArray<TensorFacts> inputs, List<string> keys, string[] axisVariables, Dictionary<string, string> variables)
    {
        string[] members = new string[keys.Count];
        for (int i = 0; i < members.Length; i++)
            members[i] = Identifiers.Upper(axisVariables[i]);
        members = UniqueNames.Of(members, After, Reserved(className + "Axes", "Deconstruct", "PrintMembers", "EqualityContract"));
        AxisDescription[] axes = new AxisDescription[keys.Count];
        for (int i = 0; i < axes.Length; i++)
            axes[i] = new AxisDescription(members[i], variables[keys[i]], AxisPlanner.Text(keys[i]), AxisPlanner.Leads(keys[i], inputs));
        return new EquatableArray<AxisDescription>(axes);
    }

    private static int After(int index) => index + 1;

    private static string[] Reserved(params string[] names) => [.. names, .. ObjectMembers];

    private static string[] Escaped(string[] names)
    {
        for (int i = 0; i < names.Length; i++)
            names[i] = Identifiers.Escape(names[i]);
        return names;
    }

    /// <summary>The shape for documentation: float32 [batch, 3, 32, 32]; ? for an axis without a name.</summary>
    public static string Text(TensorFacts tensor)
    {
        if (tensor.Shape is not { } shape)
            return tensor.Type + " of any shape";
        if (shape.Count == 0)
            return tensor.Type + " scalar";
        string[] axes = new string[shape.Count];
        for (int i = 0; i < axes.Length; i++)
            axes[i] = shape[i].Size?.ToString(CultureInfo.InvariantCulture) ?? shape[i].Symbol ?? "?";
        return tensor.Type + " [" + string.Join(", ", axes) + "]";
    }

    /// <summary>Sizes, and -1 - k for the k-th open axis; an output has an axis of the inputs only by its symbol (<paramref name="named"/>).</summary>
    private static EquatableArray<int>? Template(TensorFacts tensor, List<string> keys, bool named)
    {
        if (tensor.Shape is not { } shape)
            return null;
        int[] entries = new int[shape.Count];
        for (int i = 0; i < entries.Length; i++)
        {
            int at = named && shape[i].Symbol is null ? -1 : keys.IndexOf(AxisPlanner.Key(tensor, i));
            entries[i] = shape[i].Size ?? (at < 0 ? OutputDescription.Open : -1 - at);
        }
        return new EquatableArray<int>(entries);
    }

    private static EquatableArray<string>? Entries(TensorFacts input, Dictionary<string, string> variables)
    {
        if (input.Shape is not { } shape)
            return null;
        string[] entries = new string[shape.Count];
        for (int i = 0; i < entries.Length; i++)
            entries[i] = shape[i].Size?.ToString(CultureInfo.InvariantCulture) ?? variables[AxisPlanner.Key(input, i)];
        return new EquatableArray<string>(entries);
    }
}
