using PruneTasks.Onnx;

namespace PruneTasks.Benchmarks.Models.Inputs;

/// <summary>Sizes to try for the axes that a model leaves open.</summary>
internal static class InputShapes
{
    private static readonly long[] s_pixels = [224, 64, 320, 416, 512, 640, 256, 128, 96, 32, 28];
    private static readonly long[] s_steps = [32, 16, 64, 128, 256, 512, 8, 100, 1000, 16000, 4, 1];

    /// <summary>Shapes of all inputs, one list for each attempt; none if the rank of an input is not known.</summary>
    /// <remarks>
    /// The batch is one: the first axis of the first input that has an open one, and every axis of the same symbol. States of growing length are empty at first: only then do masks
    /// over the past and the present have the length of the present.
    /// </remarks>
    public static IEnumerable<long[][]> Attempts(IReadOnlyList<InputGuess> guesses)
    {
        if (guesses.Any(g => g.Value.DeclaredShape is null && g.Demanded is null)) yield break;
        string? batch = guesses.Select(g => g.Value.DeclaredShape is [{ Size: null, Symbol: { } symbol }, ..] ? symbol : null).FirstOrDefault(s => s is not null);
        bool open = false;
        foreach (bool empty in guesses.Any(g => Grows(g, batch)) ? (bool[])[true, false] : [false])
        {
            foreach (long size in guesses.Any(g => g.Role == InputRole.Image) ? s_pixels : s_steps)
            {
                yield return [.. guesses.Select(g => Shape(g, empty && Grows(g, batch) ? 0 : size))];
                if (!open) yield break;
            }
        }

        long[] Shape(InputGuess guess, long size)
        {
            int rank = guess.Value.DeclaredShape?.Count ?? guess.Demanded!.Count;
            var shape = new long[rank];
            for (int i = 0; i < rank; i++)
            {
                Axis axis = guess.Value.DeclaredShape is { } declared ? declared[i] : default;
                // Some exporters write 0 or -1 for an open axis.
                if (axis.Size is > 0 and { } known) shape[i] = known;
                else if (axis.Symbol is { } symbol ? symbol == batch : i == 0) shape[i] = 1;
                else if (guess.Demanded is { } demanded && i < demanded.Count && demanded[i] is { } wanted) shape[i] = wanted;
                else (shape[i], open) = (size, true);
            }
            return shape;
        }
    }

    private static bool Grows(InputGuess guess, string? batch) =>
        guess is { Role: InputRole.State, Value.DeclaredShape: { Count: >= 3 } axes } && axes.Skip(1).Count(axis => axis.Size is null && (axis.Symbol is null || axis.Symbol != batch)) == 1;
}
