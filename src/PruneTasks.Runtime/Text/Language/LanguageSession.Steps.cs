using Microsoft.ML.OnnxRuntime;
using PruneTasks.Runtime;

namespace PruneTasks.Text;

/// <content>Running bound steps.</content>
public sealed partial class LanguageSession
{
    private void Run(int past, int count, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _engine.EnterRun();
        try
        {
            _engine.ThrowIfDisposed();
            _hasScores = false;
            int given = _model.Roles.FixedLength ?? count;
            ReadOnlySpan<int> ids = _tokens.AsSpan(past, count);
            for (int i = 0; i < _inputs.Length; i++)
            {
                int input = _model.Roles.Inputs[i];
                int entries = input == _model.Roles.Mask ? past + given : given;
                _model.Roles.Write(input, _inputs[i].Bytes(entries * _engine.Inputs[input].ElementSize), ids, past, _model.Settings.Pad);
            }
            // Steps of one token, and whole texts of a model without states, come again; a prompt's length does not.
            bool again = _states.Length == 0 || count == 1;
            LanguageStep step = again ? _steps[(2 * (past + count)) + _side] ??= Bound((past, given, _side)) : new LanguageStep(_model, _inputs, _states, null, (past, given, _side));
            try
            {
                Run(step, cancellationToken);
                step.Read(_lastOnly ? 0 : count - 1, _scores);
                _hasScores = true;
            }
            finally
            {
                if (!again)
                    step.Dispose();
            }
        }
        finally
        {
            _engine.ExitRun();
        }
    }

    private LanguageStep Bound((int Past, int Given, int Side) size)
    {
        int rows = _lastOnly ? 1 : _states.Length > 0 ? size.Given : Math.Max(_room, size.Given);
        int bytes = ModelShapes.Bytes(_engine.Outputs[_model.Roles.Output], [rows, _vocabulary]);
        if (_output is null || _output.Length < bytes)
        {
            Forget();
            _output = new PinnedBuffer(bytes);
        }
        return new LanguageStep(_model, _inputs, _states, _output, size, _lastOnly ? 1 : size.Given, _vocabulary);
    }

    private void Run(LanguageStep step, CancellationToken cancellationToken)
    {
        if (_terminated)
            _options.Terminate = _terminated = false;
        try
        {
            if (!cancellationToken.CanBeCanceled)
            {
                step.Run(_options);
                return;
            }
            // Disposing the registration waits for a callback at work, so none comes later and stops the next run.
            using (cancellationToken.UnsafeRegister(static state => ((LanguageSession)state!).Terminate(), this))
                step.Run(_options);
        }
        catch (OnnxRuntimeException exception)
        {
            throw _model.Failure(exception, cancellationToken);
        }
    }

    private void Terminate()
    {
        _terminated = true;
        _options.Terminate = true;
    }

    // The states' past is empty and nothing was written yet.
    private (int[] Shape, int Tokens) Probe(int tokens)
    {
        int given = Math.Min(tokens, _model.Roles.FixedLength ?? MaxLength);
        for (int i = 0; i < _inputs.Length; i++)
        {
            int input = _model.Roles.Inputs[i];
            _model.Roles.Write(input, _inputs[i].Bytes(given * _engine.Inputs[input].ElementSize), new int[given], 0, _model.Settings.Pad);
        }
        using LanguageStep step = new(_model, _inputs, _states, null, (0, given, 0));
        Run(step, CancellationToken.None);
        return (step.AllocatedShape(), given);
    }

    /// <summary>Makes room for so many tokens, in jumps.</summary>
    private void Reserve(int tokens)
    {
        if (tokens <= _room)
            return;
        int room = Math.Min(MaxLength, Math.Max(tokens, 2 * _room));
        Forget();
        foreach (StateBuffer state in _states)
            state.Reserve(room);
        _room = room;
        _output = null;
    }

    /// <summary>Steps are bound to memory that is about to be replaced.</summary>
    private void Forget()
    {
        for (int i = 0; _steps is not null && i < _steps.Length; i++)
        {
            _steps[i]?.Dispose();
            _steps[i] = null;
        }
    }

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        if (Interlocked.CompareExchange(ref _busy, 1, 0) != 0)
            throw new InvalidOperationException($"This session of model '{_engine.Name}' is in use by another call. Give each conversation a session of its own.");
        if (Volatile.Read(ref _disposed) == 0)
            return;
        Exit();
        throw new ObjectDisposedException(GetType().FullName);
    }

    private void Exit()
    {
        Volatile.Write(ref _busy, 0);
        if (Volatile.Read(ref _disposed) != 0 && Interlocked.CompareExchange(ref _busy, 1, 0) == 0)
            Release();
    }
}
