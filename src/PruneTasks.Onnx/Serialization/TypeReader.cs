namespace PruneTasks.Onnx.Serialization;

/// <summary>Reads the type of a <c>ValueInfoProto</c>; sequences, maps and optionals read as undefined.</summary>
internal static class TypeReader
{
    public static (ElementType Type, IReadOnlyList<Axis>? Shape) Read(WireMessage valueInfo)
    {
        if (valueInfo.Last(ValueInfoFields.Type) is not { } typeField) return default;
        WireMessage type = valueInfo.Message(typeField);
        if (type.Last(TypeFields.Tensor) is not { } tensorField) return default;
        WireMessage tensor = type.Message(tensorField);
        var element = (ElementType)tensor.IntOf(TensorTypeFields.ElementType);
        if (tensor.Last(TensorTypeFields.Shape) is not { } shapeField) return (element, null);
        WireMessage shape = tensor.Message(shapeField);
        if (shape.Fields.Length > TensorData.MostAxes) throw tensor.Fail(shapeField, OnnxFormatError.InvalidTensor, $"a tensor has {shape.Fields.Length} axes");
        return (element, [.. shape.All(ShapeFields.Dim).Select(d => ReadAxis(shape.Message(d)))]);
    }

    private static Axis ReadAxis(WireMessage dim)
    {
        // dim_value and dim_param are a oneof: the later one counts. Some exporters write -1 for unknown.
        for (int i = dim.Fields.Length - 1; i >= 0; i--)
        {
            WireField field = dim.Fields[i];
            if (field.Number == DimFields.Value) return dim.Int(field) is var size and >= 0 ? new Axis(size, null) : default;
            if (field.Number == DimFields.Param) return dim.Text(field) is { Length: > 0 } symbol ? new Axis(null, symbol) : default;
        }
        return default;
    }
}
