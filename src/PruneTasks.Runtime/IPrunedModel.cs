using Microsoft.ML.OnnxRuntime;

namespace PruneTasks;

/// <summary>What every generated model class is: an embedded model, loaded, ready for calls from any thread.</summary>
public interface IPrunedModel : IDisposable, IAsyncDisposable
{
    /// <summary>The model's name: the stem of its spec file.</summary>
    string Name { get; }

    /// <summary>The ONNX Runtime session, for what the generated class does not cover. Owned by the model; do not dispose.</summary>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    InferenceSession Session { get; }
}
