using PruneTasks.Onnx;
using PruneTasks.Records;
using PruneTasks.Spec.Contracts;
using PruneTasks.Spec.Diagnostics;
using PruneTasks.Worker.Evaluation;
using PruneTasks.Worker.Inputs;

namespace PruneTasks.Worker.Output;

/// <summary>The pruned model as it will be delivered: in memory, or in one or two files beside the output folder. Two files are run as they are; of one, which ONNX Runtime would read whole, the mapped image it was written from.</summary>
/// <param name="File">To be run.</param>
/// <param name="ModelBytes">Length of the ONNX file.</param>
/// <param name="Data">Length and SHA-256 of the file with the weights; <see langword="null"/> without one.</param>
internal sealed record PrunedModel(ModelFile File, long ModelBytes, (long Bytes, string Sha256)? Data)
{
    /// <summary>Writes a model that works with a store; takes one in memory as it is.</summary>
    /// <param name="name">Name of its file.</param>
    /// <param name="image">The model.</param>
    /// <param name="largest">Bytes that one file may have.</param>
    /// <exception cref="PruneDiagnosticException">It cannot be written.</exception>
    public static PrunedModel Of(string name, ModelImage image, long largest)
    {
        if (image.Store is not { } store) return new PrunedModel(ModelFile.InMemory(name, image.Bytes), image.Length, null);
        string path = Path.Combine(store.Folder, "pruned", name);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            OnnxModel model = image.Load();
            if (image.Length <= largest)
            {
                using FileStream stream = System.IO.File.Create(path);
                OnnxWriter.Save(model, stream, inlineExternalData: true);
            }
            else
            {
                OnnxWriter.SaveInTwo(model, path, ResultFiles.DataSuffix);
            }
            string data = path + ResultFiles.DataSuffix;
            (long Bytes, string Sha256)? second = System.IO.File.Exists(data) ? (new FileInfo(data).Length, Sha256.OfFile(data)) : null;
            long length = new FileInfo(path).Length;
            return new PrunedModel(ModelFile.Written(path, length + (second?.Bytes ?? 0), Sha256.OfFile(path), model, second is null ? image : null), length, second);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new PruneDiagnosticException(PruneDiagnostics.NotWritten(null, path, problem), problem);
        }
    }

    /// <summary>Adds its files, the weights first.</summary>
    public void AddTo(OutputFolder output)
    {
        string name = Path.GetFileName(File.Path);
        if (Data is not null) output.AddFile(name + ResultFiles.DataSuffix, File.Path + ResultFiles.DataSuffix);
        else output.Remove(name + ResultFiles.DataSuffix);
        if (File.IsOnDisk) output.AddFile(name, File.Path);
        else output.Add(name, File.Bytes);
    }
}
