namespace PruneTasks.Onnx.Serialization;

/// <summary>What names and attributes of a function mean at one of its calls.</summary>
/// <param name="Prefix">In front of new names.</param>
/// <param name="Names">Values: name in the function → name in the graph; empty for an input that the call leaves out.</param>
/// <param name="Attributes">Attributes that the call gives or the function has as defaults, by name.</param>
/// <param name="HandedOn">Inputs that are outputs at the same time, by their names in the graph.</param>
internal sealed record FunctionScope(
    string Prefix, Dictionary<string, string> Names, Dictionary<string, WireMessage> Attributes, IReadOnlyList<(string From, string To)> HandedOn)
{
    /// <summary>The scope of a call.</summary>
    /// <param name="call">The node that calls.</param>
    /// <param name="function">What it calls.</param>
    /// <param name="around">Scope of the function that holds the call; its names and attributes are replaced first.</param>
    /// <param name="fresh">Makes a name that nothing has.</param>
    public static FunctionScope Of(WireMessage call, LocalFunction function, FunctionScope? around, Func<string, string> fresh)
    {
        string[] Outside(int number) => [.. call.All(number).Select(call.Text).Select(n => around is null ? n : around.Name(n, call))];
        string[] inputs = Outside(NodeFields.Input), outputs = Outside(NodeFields.Output);
        if (inputs.Length > function.Inputs.Count || outputs.Length > function.Outputs.Count)
            throw new OnnxFormatException(OnnxFormatError.FunctionRefused, call.Origin, $"function {function.Key} takes {function.Inputs.Count} inputs and has {function.Outputs.Count} outputs");
        string name = call.TextOf(NodeFields.Name) is { Length: > 0 } given ? given : function.Key.Name;
        string prefix = $"{around?.Prefix}{name}/";
        Dictionary<string, string> names = new(StringComparer.Ordinal) { [""] = "" };
        for (int i = 0; i < function.Inputs.Count; i++) names[function.Inputs[i]] = i < inputs.Length ? inputs[i] : "";
        List<(string, string)> handedOn = [];
        for (int i = 0; i < function.Outputs.Count; i++)
        {
            string actual = i < outputs.Length ? outputs[i] : "";
            if (names.TryGetValue(function.Outputs[i], out string? known))
            {
                if (actual.Length > 0) handedOn.Add((known, actual));
            }
            else
            {
                names.Add(function.Outputs[i], actual.Length > 0 ? actual : fresh(prefix + function.Outputs[i]));
            }
        }
        foreach (string defined in function.Nodes.SelectMany(n => n.All(NodeFields.Output).Select(n.Text)))
            if (!names.ContainsKey(defined)) names.Add(defined, fresh(prefix + defined));
        return new(prefix, names, AttributesOf(call, function, around), handedOn);
    }

    /// <summary>The name in the graph.</summary>
    /// <exception cref="OnnxFormatException">Defined nowhere in the function.</exception>
    public string Name(string name, WireMessage at) =>
        Names.GetValueOrDefault(name) ?? throw new OnnxFormatException(OnnxFormatError.UndefinedName, at.Origin, $"'{name}' is read in a function but defined nowhere");

    /// <summary>The scope in a body of the function: what the body defines gets new names.</summary>
    public FunctionScope Inside(WireMessage body, Func<string, string> fresh)
    {
        Dictionary<string, string> names = new(Names, StringComparer.Ordinal);
        void Define(string name)
        {
            if (name.Length > 0) names[name] = fresh(Prefix + name);
        }
        foreach (WireField field in body.Fields)
        {
            switch (field.Number)
            {
                case GraphFields.Input:
                    Define(body.Message(field).TextOf(ValueInfoFields.Name));
                    break;
                case GraphFields.Initializer:
                    Define(body.Message(field).TextOf(TensorFields.Name));
                    break;
                case GraphFields.Node:
                    WireMessage node = body.Message(field);
                    foreach (string output in node.All(NodeFields.Output).Select(node.Text)) Define(output);
                    break;
                default:
                    break;
            }
        }
        return this with { Names = names };
    }

    /// <summary>A message with its name replaced.</summary>
    public WireBuilder Renamed(WireMessage message, int number)
    {
        WireBuilder result = new();
        foreach (WireField field in message.Fields)
        {
            // A value_info may tell of a value that is not there.
            if (field.Number == number) result.Text(number, Names.GetValueOrDefault(message.Text(field)) ?? Prefix + message.Text(field));
            else result.Raw(message.Raw(field));
        }
        return result;
    }

    /// <summary>The attribute, or what the call gives for it; <see langword="null"/> if the call gives nothing.</summary>
    public WireMessage? Attribute(WireMessage attribute) =>
        attribute.Last(AttributeFields.RefAttrName) is { } reference ? Attributes.GetValueOrDefault(attribute.Text(reference)) : attribute;

    private static Dictionary<string, WireMessage> AttributesOf(WireMessage call, LocalFunction function, FunctionScope? around)
    {
        Dictionary<string, WireMessage> attributes = new(function.Defaults, StringComparer.Ordinal);
        foreach (WireMessage attribute in call.All(NodeFields.Attribute).Select(call.Message))
        {
            string name = attribute.TextOf(AttributeFields.Name);
            if (around is null) attributes[name] = attribute;
            else if (around.Attribute(attribute) is { } given) attributes[name] = given;
            if (attributes.TryGetValue(name, out WireMessage? now) && now.Fields.Any(f => f.Number is AttributeFields.Graph or AttributeFields.Graphs))
                throw new OnnxFormatException(OnnxFormatError.FunctionRefused, call.Origin, $"function {function.Key} is given a body");
        }
        return attributes;
    }
}
