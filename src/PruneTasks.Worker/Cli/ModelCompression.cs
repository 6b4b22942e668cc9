using System.Buffers.Binary;
using System.IO.Compression;

namespace PruneTasks.Worker.Cli;

/// <summary>Compresses a model for the assembly (<c>compress source target</c>). Part of the build's protocol, as the request of <c>prune</c> is; not a command for people.</summary>
internal static class ModelCompression
{
    // Above this the best level takes minutes for a percent; weights of floating-point numbers hardly compress.
    private const long BestBelow = 8 << 20;

    public static int Run(string source, string target, CommandContext context)
    {
        try
        {
            using FileStream input = File.OpenRead(source);
            using FileStream output = File.Create(target);
            // The length first: the reader allocates once.
            Span<byte> length = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(length, input.Length);
            output.Write(length);
            using BrotliStream brotli = new(output, input.Length < BestBelow ? CompressionLevel.SmallestSize : CompressionLevel.Optimal);
            input.CopyTo(brotli);
            return ExitCode.Done;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            context.Error.WriteLine(problem.Message);
            return ExitCode.Failed;
        }
    }
}
