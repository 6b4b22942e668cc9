using System.Security.Cryptography;
using System.Text.Json;

namespace PruneTasks.Runtime;

/// <summary>A model beside the app: files with the lengths and hashes that they had when the app was built.</summary>
internal static class ModelFiles
{
    /// <summary>The path of the model, after all its files were found to be what was built.</summary>
    /// <param name="pointer">JSON: version, and files with path (below the folder, with /), bytes and sha256; the model first.</param>
    /// <param name="model">The model's name, for messages.</param>
    /// <param name="folder">The app's folder.</param>
    /// <exception cref="ModelException"><see cref="ModelErrorKind.Load"/>: a file is missing, or another one.</exception>
    public static string Check(Stream pointer, string model, string folder)
    {
        using JsonDocument document = JsonDocument.Parse(pointer);
        string? first = null;
        foreach (JsonElement file in document.RootElement.GetProperty("files").EnumerateArray())
        {
            string path = Path.GetFullPath(Path.Combine(folder, file.GetProperty("path").GetString()!));
            Check(path, model, file.GetProperty("bytes").GetInt64(), file.GetProperty("sha256").GetString()!);
            first ??= path;
        }
        return first ?? throw new ModelException(ModelErrorKind.Load, $"The description of model '{model}' names no file. Rebuild the project.");
    }

    private static void Check(string path, string model, long bytes, string sha256)
    {
        string? problem;
        try
        {
            problem = Problem(path, bytes, sha256);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelException(ModelErrorKind.Load, $"File '{path}' of model '{model}' cannot be read: {exception.Message}", exception);
        }
        if (problem is not null)
        {
            throw new ModelException(ModelErrorKind.Load,
                $"File '{path}' of model '{model}' {problem}. The build copies it beside the app, and publishing too: take the whole folder, or rebuild.");
        }
    }

    private static string? Problem(string path, long bytes, string sha256)
    {
        FileInfo file = new(path);
        if (!file.Exists)
            return "is missing";
        if (file.Length != bytes)
            return $"has {file.Length} bytes, not {bytes}: it is not the one that this app was built with";
        using FileStream stream = file.OpenRead();
        return Convert.ToHexString(SHA256.HashData(stream)).Equals(sha256, StringComparison.OrdinalIgnoreCase)
            ? null
            : "has another SHA-256 than the one that this app was built with";
    }
}
