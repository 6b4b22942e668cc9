using System.ComponentModel;
using System.Globalization;
using System.Text;

namespace PruneTasks.Runtime;

/// <summary>Shapes in calls from generated code.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class ModelShapes
{
    /// <summary>Entries of the one axis marked -1 in <paramref name="shape"/>, so that <paramref name="length"/> values fill it.</summary>
    /// <exception cref="ModelException"><see cref="ModelErrorKind.Shape"/>: no whole number of entries fits.</exception>
    public static int Infer(string tensor, string axis, int length, ReadOnlySpan<int> shape)
    {
        long known = 1;
        int open = 0;
        foreach (int entries in shape)
        {
            if (entries == -1)
                open++;
            else
                known = checked(known * entries);
        }
        if (open != 1 || known < 0)
            throw Misfit(tensor, $"an axis of {Text(shape)} is negative");
        if (known == 0 ? length != 0 : length % known != 0)
            throw Misfit(tensor, $"{length.ToString(CultureInfo.InvariantCulture)} values do not divide into {Text(shape, axis)}");
        return known == 0 ? 0 : (int)(length / known);
    }

    /// <summary>Number of values of a shape; 1 for a scalar.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A negative entry.</exception>
    public static long Count(ReadOnlySpan<int> shape)
    {
        long count = 1;
        foreach (int entries in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(entries, nameof(shape));
            count = checked(count * entries);
        }
        return count;
    }

    /// <summary>Bytes of a tensor.</summary>
    /// <exception cref="ModelException"><see cref="ModelErrorKind.Shape"/>: more than 2 GiB, which no span can hold.</exception>
    internal static int Bytes(TensorSignature tensor, ReadOnlySpan<int> shape)
    {
        if (shape.Contains(0))
            return 0;
        const int Limit = int.MaxValue - 4096;
        long bytes = tensor.ElementSize;
        foreach (int entries in shape)
        {
            bytes *= entries;
            if (bytes > Limit)
                throw Misfit(tensor.Name, $"the shape {Text(shape)} needs more than 2 GiB, which no span can hold");
        }
        return (int)bytes;
    }

    /// <summary>The shape for messages: [2, 3]; the axis marked -1 by its name.</summary>
    internal static string Text(ReadOnlySpan<int> shape, string? open = null)
    {
        StringBuilder text = new("[");
        for (int i = 0; i < shape.Length; i++)
        {
            text.Append(i == 0 ? "" : ", ");
            if (shape[i] == -1 && open is not null)
                text.Append(open);
            else
                text.Append(CultureInfo.InvariantCulture, $"{shape[i]}");
        }
        return text.Append(']').ToString();
    }

    /// <summary>The length of an input against its shape.</summary>
    internal static void Check(string tensor, int length, ReadOnlySpan<int> shape)
    {
        foreach (int entries in shape)
        {
            if (entries < 0)
                throw Misfit(tensor, $"an axis of {Text(shape)} is negative");
        }
        long count = Count(shape);
        if (count != length)
            throw Misfit(tensor, FormattableString.Invariant($"{length} values are given, but the shape {Text(shape)} holds {count}"));
    }

    internal static ModelException Misfit(string tensor, string problem) =>
        new(ModelErrorKind.Shape, tensor, $"Tensor '{tensor}': {problem}.");
}
