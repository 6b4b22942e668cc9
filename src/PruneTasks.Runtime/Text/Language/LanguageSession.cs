using System.ComponentModel;
using Microsoft.ML.OnnxRuntime;
using PruneTasks.Runtime;

namespace PruneTasks.Text;

/// <summary>
/// One conversation with a causal language model: its tokens, and what the model keeps of them. For one caller at a time; a second one gets an
/// exception. A model with states runs the new tokens alone and swaps two buffers per state; one without runs all tokens each time.
/// Steps stay bound, so a length that was visited once is visited again without any allocation.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed partial class LanguageSession : IDisposable
{
    private const int FirstRoom = 64;

    private readonly LanguageModel _model;
    private readonly ModelEngine _engine;
    private readonly RunOptions _options = new();
    private readonly PinnedBuffer[] _inputs;
    private readonly StateBuffer[] _states;
    private readonly int[] _tokens;
    private readonly LanguageStep?[] _steps;
    private readonly float[] _scores;
    private readonly int _vocabulary;
    private readonly bool _lastOnly;
    private PinnedBuffer? _output;
    private int _room;
    private int _length;
    private int _computed;
    private int _side;
    private bool _hasScores;
    private bool _terminated;
    private int _busy;
    private int _disposed;

    internal LanguageSession(LanguageModel model, int maxLength)
    {
        _model = model;
        _engine = model.Engine;
        _engine.AddUser();
        try
        {
            _tokens = new int[maxLength];
            _states = [.. model.Settings.States.Select(names => new StateBuffer(_engine, names))];
            if (_states.Length > 0 && model.Roles.FixedLength is > 1 and var length)
                throw new ModelException(ModelErrorKind.Load, model.Settings.Tokens, $"Model '{_engine.Name}' has states and always takes {length} tokens, which cannot be filled one by one.");
            _steps = new LanguageStep?[2 * (maxLength + 1)];
            _inputs = [.. model.Roles.Inputs.Select(input => new PinnedBuffer(_engine.Inputs[input].ElementSize * Math.Max(maxLength, model.Roles.FixedLength ?? 0)))];
            Reserve(Math.Min(FirstRoom, maxLength));
            (_vocabulary, _lastOnly) = model.Output(Probe);
            _scores = new float[_vocabulary];
            foreach (StateBuffer state in _states)
                state.Truncate(0, 0, 0);
        }
        catch
        {
            Release();
            throw;
        }
    }

    /// <summary>Tokens so far.</summary>
    public int Length => _length;

    /// <summary>Most tokens.</summary>
    public int MaxLength => _tokens.Length;

    /// <summary>Tokens of the vocabulary.</summary>
    public int VocabularySize => _vocabulary;

    /// <summary>The tokens so far. The span is the session's own memory: what comes next writes behind it, and <see cref="Rewind"/> frees it.</summary>
    public ReadOnlySpan<int> Tokens => _tokens.AsSpan(0, _length);

    /// <summary>Adds tokens and runs the model.</summary>
    /// <param name="tokens">At least one, unless some were taken back or none was run yet.</param>
    /// <param name="cancellationToken">Stops the run; the tokens are then not added.</param>
    /// <returns>Scores (logits) of the token that comes next, one per token of the vocabulary. The next call writes over them.</returns>
    /// <exception cref="ArgumentException">More tokens than <see cref="MaxLength"/> allows, or none at all.</exception>
    /// <exception cref="ModelException">The model failed, for example on an id outside its vocabulary.</exception>
    /// <exception cref="OperationCanceledException">The call was cancelled; the session is as before.</exception>
    /// <exception cref="InvalidOperationException">Another call uses this session.</exception>
    public ReadOnlySpan<float> Append(ReadOnlySpan<int> tokens, CancellationToken cancellationToken = default)
    {
        Enter();
        try
        {
            return Add(tokens, cancellationToken);
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>Takes back all but the first tokens.</summary>
    /// <param name="length">Tokens that stay, 0 to <see cref="Length"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">Outside that range.</exception>
    /// <exception cref="NotSupportedException">A state of the model has one size whatever the number of tokens: then only 0 is possible.</exception>
    /// <exception cref="InvalidOperationException">Another call uses this session.</exception>
    public void Rewind(int length)
    {
        Enter();
        try
        {
            ArgumentOutOfRangeException.ThrowIfNegative(length);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _length);
            KeepComputed(Math.Min(length, _computed));
            _length = length;
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>A second session that goes on from here by itself.</summary>
    /// <exception cref="InvalidOperationException">Another call uses this session.</exception>
    public LanguageSession Fork()
    {
        Enter();
        try
        {
            LanguageSession fork = new(_model, MaxLength);
            fork.Reserve(_room);
            for (int i = 0; i < _states.Length; i++)
                fork._states[i].CopyFrom(_states[i], _side);
            _tokens.CopyTo(fork._tokens, 0);
            _scores.CopyTo(fork._scores, 0);
            (fork._length, fork._computed, fork._side, fork._hasScores) = (_length, _computed, _side, _hasScores);
            return fork;
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>Lets go of the buffers; a call under way finishes first.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0 && Interlocked.CompareExchange(ref _busy, 1, 0) == 0)
            Release();
    }

    private ReadOnlySpan<float> Add(ReadOnlySpan<int> tokens, CancellationToken cancellationToken)
    {
        int before = _length;
        if (tokens.Length > MaxLength - before)
            throw new ArgumentException($"{tokens.Length} tokens are given; the session has {before} of {MaxLength}.", nameof(tokens));
        tokens.CopyTo(_tokens.AsSpan(before));
        _length += tokens.Length;
        try
        {
            Compute(cancellationToken);
        }
        catch
        {
            _length = before;
            throw;
        }
        return _scores;
    }

    /// <summary>Runs the tokens that the model has not seen.</summary>
    private void Compute(CancellationToken cancellationToken)
    {
        if (_length == 0)
            throw new ArgumentException("A session without tokens needs at least one.");
        if (_computed == _length && _hasScores)
            return;
        if (_computed == _length)
            KeepComputed(_states.Any(state => state.IsFixed) ? 0 : _length - 1);
        Reserve(_length);
        int most = _states.Length > 0 && _model.Roles.FixedLength is { } fixedLength ? fixedLength : int.MaxValue;
        while (_computed < _length)
        {
            int past = _states.Length > 0 ? _computed : 0;
            int next = Math.Min(_length - past, most);
            Run(past, next, cancellationToken);
            _computed = past + next;
            if (_states.Length > 0)
                _side = 1 - _side;
        }
    }

    private void KeepComputed(int tokens)
    {
        if (tokens == _computed)
            return;
        if (tokens > 0 && _states.Any(state => state.IsFixed))
            throw new NotSupportedException($"Model '{_engine.Name}' has a state of fixed size, from which tokens cannot be taken back; rewind to 0.");
        foreach (StateBuffer state in _states)
            state.Truncate(_side, _computed, tokens);
        _computed = tokens;
        _hasScores = false;
    }

    private void Release()
    {
        Forget();
        _options.Dispose();
        _engine.RemoveUser();
    }
}
