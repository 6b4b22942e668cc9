using Microsoft.ML.OnnxRuntime;

namespace PruneTasks.Runtime;

/// <summary>Tensors of strings: ONNX Runtime keeps them as UTF-8 of its own, so each is copied.</summary>
internal static class StringTensors
{
    public static OrtValue Create(ReadOnlySpan<string> texts, ReadOnlySpan<int> shape)
    {
        long[] wide = new long[shape.Length];
        for (int i = 0; i < wide.Length; i++)
            wide[i] = shape[i];
        OrtValue value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, wide);
        int count = checked((int)ModelShapes.Count(shape));
        for (int i = 0; i < count; i++)
            value.StringTensorSetElementAt((texts[i] ?? "").AsSpan(), i);
        return value;
    }
}
