using Microsoft.ML.OnnxRuntime;

namespace PruneTasks;

/// <summary>How a model is loaded. Read once, when the model is constructed.</summary>
public sealed class ModelOptions
{
    private int _intraOpThreads;
    private int _interOpThreads;

    /// <summary>Threads that share one operator; 0 leaves it to ONNX Runtime (one per physical core).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public int IntraOpThreads
    {
        get => _intraOpThreads;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _intraOpThreads = value;
        }
    }

    /// <summary>Operators that run side by side, in the parallel execution mode only; 0 leaves it to ONNX Runtime.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public int InterOpThreads
    {
        get => _interOpThreads;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _interOpThreads = value;
        }
    }

    /// <summary>Called last, before the session is created: execution providers, logging, anything else.</summary>
    public Action<SessionOptions>? ConfigureSession { get; set; }
}
