namespace PruneTasks.Onnx.Serialization;

// Field numbers of the messages in onnx/onnx.proto (ONNX IR version 10) that are read or written here. All others pass through untouched.

internal static class ModelFields
{
    public const int IrVersion = 1, ProducerName = 2, ProducerVersion = 3, Graph = 7, OpsetImport = 8, MetadataProps = 14, Function = 25;
}

internal static class OpsetFields
{
    public const int Domain = 1, Version = 2;
}

internal static class GraphFields
{
    public const int Node = 1, Name = 2, Initializer = 5, Input = 11, Output = 12, ValueInfo = 13, QuantizationAnnotation = 14, SparseInitializer = 15;
}

internal static class FunctionFields
{
    public const int Name = 1, Input = 4, Output = 5, Node = 7, OpsetImport = 9, Domain = 10, AttributeDefault = 11, Overload = 13;
}

internal static class NodeFields
{
    public const int Input = 1, Output = 2, Name = 3, OpType = 4, Attribute = 5, Domain = 7, Overload = 8;
}

internal static class AttributeFields
{
    public const int Name = 1, Float = 2, Int = 3, String = 4, Tensor = 5, Graph = 6, Floats = 7, Ints = 8, Strings = 9, Tensors = 10, Graphs = 11,
        TypeProto = 14, TypeProtos = 15, Type = 20, RefAttrName = 21, SparseTensor = 22, SparseTensors = 23;
}

/// <summary><c>AttributeProto.AttributeType</c>.</summary>
internal static class AttributeTypes
{
    public const int Undefined = 0, Float = 1, Int = 2, String = 3, Tensor = 4, Graph = 5, Floats = 6, Ints = 7, Strings = 8, Graphs = 10;
}

internal static class TensorFields
{
    public const int Dims = 1, DataType = 2, Segment = 3, FloatData = 4, Int32Data = 5, StringData = 6, Int64Data = 7, Name = 8, RawData = 9,
        DoubleData = 10, Uint64Data = 11, ExternalData = 13, DataLocation = 14;
}

internal static class SparseTensorFields
{
    public const int Values = 1;
}

internal static class ValueInfoFields
{
    public const int Name = 1, Type = 2;
}

internal static class TypeFields
{
    public const int Tensor = 1;
}

internal static class TensorTypeFields
{
    public const int ElementType = 1, Shape = 2;
}

internal static class ShapeFields
{
    public const int Dim = 1;
}

internal static class DimFields
{
    public const int Value = 1, Param = 2;
}

internal static class EntryFields
{
    public const int Key = 1, Value = 2;
}

internal static class AnnotationFields
{
    public const int TensorName = 1;
}
