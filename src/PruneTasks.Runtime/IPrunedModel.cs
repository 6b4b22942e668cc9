using Microsoft.ML.OnnxRuntime;

namespace PruneTasks;

/// <summary>What every generated model class is: an embedded model, loaded, ready for calls from any thread.</summary>
public interface IPrunedModel : IDisposable, IAsyncDisposable
{
    /// <summary>The model's name: the stem of its spec file.</summary>
    string Name { get; }

    /// <summary>What the model is, where it comes from, and what pruning did to it.</summary>
    ModelCard Card { get; }

    /// <summary>The execution provider that was chosen, by ONNX Runtime's name; what <see cref="ModelOptions.ConfigureSession"/> adds is not in it.</summary>
    string ExecutionProvider { get; }

    /// <summary>The ONNX Runtime session, for what the generated class does not cover. Owned by the model; do not dispose.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    InferenceSession Session { get; }
}
