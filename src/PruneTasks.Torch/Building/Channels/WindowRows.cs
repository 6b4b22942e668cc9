using PruneTasks.Torch.Lowering;
using PruneTasks.Torch.Lowering.Operators;
using static TorchSharp.torch;

namespace PruneTasks.Torch.Building;

/// <summary>
/// Some rows of a layer's regression: for chosen places of the output, what the layer reads there (im2col) and what it should give. The places are spread evenly
/// over the map, from a start that differs from batch to batch and follows from the batch's number alone.
/// </summary>
internal sealed class WindowRows
{
    private readonly ConsumerLayer _layer;
    private readonly long[] _places;
    private readonly Tensor? _taps;

    private WindowRows(ConsumerLayer layer, long[] places, Tensor? taps) => (_layer, _places, _taps) = (layer, places, taps);

    /// <summary>Places of one sample.</summary>
    public int Places => _places.Length;

    /// <summary>Chooses.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="input">What it reads.</param>
    /// <param name="output">What it gives; of the same samples.</param>
    /// <param name="rows">Wanted of this batch, all samples together.</param>
    /// <param name="batch">Number of the batch.</param>
    public static WindowRows Choose(ConsumerLayer layer, Tensor input, Tensor output, long rows, int batch)
    {
        if (layer.HasRows)
        {
            long all = output.numel() / output.shape[^1];
            return new WindowRows(layer, Spread(all, rows, batch), null);
        }
        long[] spatial = output.shape[2..];
        long[] places = Spread(spatial.Aggregate(1L, (a, b) => a * b), (rows + input.shape[0] - 1) / Math.Max(1, input.shape[0]), batch);
        return new WindowRows(layer, places, Taps(layer, input.shape[2..], spatial, places));
    }

    /// <summary>[group] → rows [samples · places, features].</summary>
    public Tensor[] Inputs(Tensor input)
    {
        if (_taps is null) return [input.reshape(-1, input.shape[^1]).index_select(0, tensor(_places))];
        (long n, long channels) = (input.shape[0], input.shape[1]);
        // The place after the last one is the padding.
        Tensor flat = cat([input.reshape(n, channels, -1), zeros(n, channels, 1, dtype: input.dtype)], dim: 2);
        Tensor windows = flat.index_select(2, _taps).reshape(n, _layer.Groups, _layer.Inputs, _places.Length, _layer.Taps);
        return [.. Enumerable.Range(0, _layer.Groups).Select(g => windows.select(1, g).permute(0, 2, 1, 3).reshape(-1, _layer.Features))];
    }

    /// <summary>[group] → rows [samples · places, outputs].</summary>
    public Tensor[] Outputs(Tensor output)
    {
        if (_taps is null) return [output.reshape(-1, output.shape[^1]).index_select(0, tensor(_places))];
        long n = output.shape[0];
        Tensor chosen = output.reshape(n, _layer.Groups, _layer.Outputs, -1).index_select(3, tensor(_places));
        return [.. Enumerable.Range(0, _layer.Groups).Select(g => chosen.select(1, g).permute(0, 2, 1).reshape(-1, _layer.Outputs))];
    }

    /// <summary>So many of <paramref name="all"/> places, evenly spread, ascending.</summary>
    internal static long[] Spread(long all, long wanted, int batch)
    {
        long take = Math.Clamp(wanted, 1, all);
        if (take == all) return [.. Enumerable.Range(0, (int)all).Select(i => (long)i)];
        // The golden ratio spreads starts evenly, however many batches there are; one start for each stretch keeps the places off a lattice.
        return [.. Enumerable.Range(0, (int)take).Select(i => (long)((i + Fraction(((batch * 7919L) + i + 1) * 0.6180339887498949)) * all / take))];

        static double Fraction(double x) => x - Math.Floor(x);
    }

    /// <summary>[places · taps] flat index into the input's map, or the number of its places for padding.</summary>
    private static Tensor Taps(ConsumerLayer layer, long[] map, long[] outputs, long[] places)
    {
        long[] kernel = [.. layer.End.Weight.Constant!.Shape.Skip(2)];
        WindowGeometry g = WindowGeometry.Of(new LoweringCall(layer.End.Node, 1, []), kernel, map);
        long size = map.Aggregate(1L, (a, b) => a * b);
        int axes = kernel.Length;
        var index = new long[places.Length * layer.Taps];
        Span<long> at = stackalloc long[axes], tap = stackalloc long[axes];
        for (int p = 0, i = 0; p < places.Length; p++)
        {
            Split(places[p], outputs, at);
            for (int k = 0; k < layer.Taps; k++, i++)
            {
                Split(k, kernel, tap);
                long flat = 0;
                for (int a = 0; a < axes && flat >= 0; a++)
                {
                    long from = layer.IsTransposed ? at[a] + g.Pads[a] - (tap[a] * g.Dilations[a]) : (at[a] * g.Strides[a]) - g.Pads[a] + (tap[a] * g.Dilations[a]);
                    if (layer.IsTransposed) from = from >= 0 && from % g.Strides[a] == 0 ? from / g.Strides[a] : -1;
                    flat = from < 0 || from >= map[a] ? -1 : (flat * map[a]) + from;
                }
                index[i] = flat < 0 ? size : flat;
            }
        }
        return tensor(index);
    }

    private static void Split(long flat, long[] sizes, Span<long> at)
    {
        for (int a = sizes.Length - 1; a >= 0; a--) (flat, at[a]) = (flat / sizes[a], flat % sizes[a]);
    }
}
