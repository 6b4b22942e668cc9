using Microsoft.ML.OnnxRuntime;

namespace PruneTasks;

/// <summary>What a model shall run on.</summary>
public enum ExecutionTarget
{
    /// <summary>The CPU, unless <see cref="ModelOptions.ConfigureSession"/> adds something else.</summary>
    Auto = 0,

    /// <summary>The CPU.</summary>
    Cpu = 1,

    /// <summary>A GPU, by the execution provider that the app's flavour of ONNX Runtime brings.</summary>
    Gpu = 2,

    /// <summary>A neural processor, likewise.</summary>
    Npu = 3,
}

/// <summary>How a model is loaded. Read once, when the model is constructed.</summary>
public sealed class ModelOptions
{
    private int _intraOpThreads;
    private int _interOpThreads;
    private int _maxConcurrency;

    /// <summary>
    /// What the model shall run on. Where that is not there the CPU takes over, and <see cref="IPrunedModel.ExecutionProvider"/> says so;
    /// see <see cref="RequireTarget"/>.
    /// </summary>
    public ExecutionTarget Target { get; set; }

    /// <summary>Loading fails with <see cref="ModelErrorKind.Provider"/> where the target is not there, instead of running on the CPU.</summary>
    public bool RequireTarget { get; set; }

    /// <summary>Runs at the same time; further ones wait for their turn. 0 is no limit on the CPU and one elsewhere.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public int MaxConcurrency
    {
        get => _maxConcurrency;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _maxConcurrency = value;
        }
    }

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
