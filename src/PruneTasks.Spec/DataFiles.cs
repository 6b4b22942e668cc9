namespace PruneTasks.Spec;

/// <summary>The files of a data folder that count, by extension.</summary>
public static class DataFiles
{
    /// <summary>Images that can be decoded.</summary>
    public static IReadOnlyList<string> ImageExtensions { get; } = [".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tga", ".psd"];

    /// <summary>Texts in UTF-8.</summary>
    public static IReadOnlyList<string> TextExtensions { get; } = [".txt"];

    /// <summary>Recorded inputs: NumPy archives and arrays, and ONNX test sets (<c>test_data_set_n/input_m.pb</c>).</summary>
    public static IReadOnlyList<string> TensorExtensions { get; } = [".npz", ".npy", ".pb"];

    /// <summary>Whether the file is an image, by extension.</summary>
    public static bool IsImage(string path) => Has(path, ImageExtensions);

    /// <summary>Whether the file holds texts, by extension.</summary>
    public static bool IsText(string path) => Has(path, TextExtensions);

    /// <summary>Whether the file holds recorded inputs, by extension.</summary>
    public static bool IsTensors(string path) => Has(path, TensorExtensions);

    private static bool Has(string path, IReadOnlyList<string> extensions) =>
        extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);
}
