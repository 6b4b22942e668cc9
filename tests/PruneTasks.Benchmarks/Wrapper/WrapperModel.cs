using Microsoft.ML.OnnxRuntime;
using PruneTasks.BuildTesting;
using PruneTasks.Runtime;
using PruneTasks.Torch.Native;

namespace PruneTasks.Benchmarks.Wrapper;

/// <summary>Models of ../shared behind the engine that generated classes use.</summary>
internal static class WrapperModel
{
    /// <summary>The smallest real model: 42 coordinates in, one class out, two micro-seconds a run.</summary>
    public static string Gesture => Path.Combine(Repository.Root, "..", "shared", "models", "gesture-keypoint", "keypoint_classifier.onnx");

    /// <summary>A vision transformer, long enough to be cancelled in the middle.</summary>
    public static string Vit => Path.Combine(Repository.Root, "..", "shared", "models", "vit-cifar10-811k", "vit_cifar10_postnorm_relu_op17.onnx");

    public static void UseNatives() => OnnxRuntimeNative.Initialize(typeof(OrtEnv).Assembly);

    /// <summary>What the generator writes for the model, read from its signature: single open first axis, float32 in.</summary>
    public static ModelEngine Load(string file, ModelOptions? options = null)
    {
        byte[] bytes = File.ReadAllBytes(file);
        using InferenceSession session = new(bytes);
        (string input, NodeMetadata x) = session.InputMetadata.Single();
        (string output, NodeMetadata y) = session.OutputMetadata.First();
        int[] shape = [.. x.Dimensions.Select(entries => entries < 0 ? -1 : entries)];
        int[] given = [.. y.Dimensions.Select(entries => entries < 0 ? -1 : entries)];
        TensorSignature result = y.ElementType == typeof(long) ? TensorSignature.Of<long>(output, given) : TensorSignature.Of<float>(output, given);
        string[] axes = shape.Contains(-1) ? ["batch"] : [];
        return ModelEngine.Load(new ModelDefinition(typeof(WrapperModel), Path.GetFileNameWithoutExtension(file), "none", axes, [TensorSignature.Of<float>(input, shape)], [result]), bytes, options);
    }
}
