using System.Globalization;
using PruneTasks.Onnx;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Inputs;

namespace PruneTasks.Worker.Output;

/// <summary>
/// Space for a model that is too large to be worked on in memory: beside the output folder, as the temporary files of <see cref="OutputFolder"/> are, so that the
/// finished files are moved and not copied. Made when it is needed, removed in any case.
/// </summary>
/// <param name="output">The output folder.</param>
/// <param name="smallest">Bytes from which on a weight is mapped.</param>
internal sealed class ScratchFolder(string output, int smallest) : IDisposable
{
    private TensorStore? _store;

    /// <summary>Puts a model there.</summary>
    /// <exception cref="PruneDiagnosticException">There is no room, or the model is too large without its weights.</exception>
    public ModelFile Take(PruneSpec spec, ModelFile model)
    {
        string folder = TemporaryFolders.New(output);
        try
        {
            _store = new TensorStore(folder, smallest);
            return model.In(_store);
        }
        catch (InvalidOperationException problem)
        {
            throw new PruneDiagnosticException(PruneDiagnostics.ModelTooLarge.At(
                spec.File, spec.PlaceNear("model"), spec.Model.Written, string.Create(CultureInfo.InvariantCulture, $"{model.Length / 1e9:F1} GB"), problem.Message), problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new PruneDiagnosticException(PruneDiagnostics.NotWritten(null, folder, problem), problem);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _store?.Dispose();
}
