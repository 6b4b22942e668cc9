namespace PruneTasks;

/// <summary>What went wrong with a model.</summary>
public enum ModelErrorKind
{
    /// <summary>The model could not be loaded, or is not the one that the class was generated for.</summary>
    Load = 0,

    /// <summary>An input's length, or an output's, does not fit its shape.</summary>
    Shape = 1,

    /// <summary>ONNX Runtime or an execution provider is not available on this machine.</summary>
    Provider = 2,

    /// <summary>ONNX Runtime failed while running the model.</summary>
    Run = 3,
}

/// <summary>A model could not be loaded or run. Cancellation is an <see cref="OperationCanceledException"/> instead.</summary>
public class ModelException : Exception
{
    /// <summary>An error that concerns the whole model.</summary>
    public ModelException(ModelErrorKind kind, string message, Exception? innerException = null)
        : base(message, innerException) => Kind = kind;

    /// <summary>An error that concerns one input or output.</summary>
    public ModelException(ModelErrorKind kind, string tensorName, string message)
        : base(message)
    {
        Kind = kind;
        TensorName = tensorName;
    }

    /// <summary>What went wrong.</summary>
    public ModelErrorKind Kind { get; }

    /// <summary>The ONNX name of the input or output concerned, or null.</summary>
    public string? TensorName { get; }
}
