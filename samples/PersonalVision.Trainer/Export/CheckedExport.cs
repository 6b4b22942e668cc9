using System.Globalization;

namespace PersonalVision.Trainer.Export;

/// <summary>A model becomes a file only if ONNX Runtime gives what the trained one gives.</summary>
internal static class CheckedExport
{
    private const float LargestDifferenceAllowed = 1e-4f;

    /// <summary>Writes the file, or says why not.</summary>
    /// <param name="onnx">The exported model.</param>
    /// <param name="difference">Largest difference of an output between ONNX Runtime and the trained model.</param>
    /// <param name="file">Where to.</param>
    /// <returns>Exit code.</returns>
    public static int Write(byte[] onnx, float difference, string file)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"largest difference to ONNX Runtime: {difference:E1}"));
        if (!(difference <= LargestDifferenceAllowed))
        {
            Console.Error.WriteLine($"that is more than {LargestDifferenceAllowed}; nothing was written");
            return 1;
        }

        File.WriteAllBytes(file, onnx);
        Console.WriteLine($"{onnx.Length:N0} bytes written to {file}");
        return 0;
    }
}
