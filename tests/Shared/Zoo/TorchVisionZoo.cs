using PruneTasks.Onnx;
using PruneTasks.Torch.Tests.Rewriting.Channels;

namespace PruneTasks.Zoo;

/// <summary>Convolutional networks as PyTorch's exporters write them.</summary>
internal static class TorchVisionZoo
{
    private const string Producer = "pytorch";

    /// <summary>ResNet with bottlenecks.</summary>
    /// <param name="widths">Channels of the stages inside their bottlenecks.</param>
    /// <param name="blocks">Blocks of each stage.</param>
    /// <param name="size">Height and width of the images.</param>
    /// <param name="classes">Classes.</param>
    /// <param name="groups">Groups of the inner convolution: more than one for ResNeXt.</param>
    public static OnnxModel ResNet(int[] widths, int[] blocks, int size, int classes, int groups = 1)
    {
        ConvolutionalGraph g = new(13);
        int from = widths[0];
        Value x = g.Pool("MaxPool", g.ConvNormRelu(g.Image(3, size), 3, from, 7, 2), 3, 2, 1);
        for (int s = 0; s < widths.Length; s++)
        {
            int wide = 4 * widths[s];
            for (int b = 0; b < blocks[s]; b++)
            {
                int stride = b == 0 && s > 0 ? 2 : 1;
                Value y = g.ConvNormRelu(g.ConvNormRelu(x, from, widths[s], 1), widths[s], widths[s], 3, stride, groups);
                y = g.Normalize(g.Conv(y, widths[s], wide, 1, bias: false), wide);
                if (from != wide || stride > 1) x = g.Normalize(g.Conv(x, from, wide, 1, stride, bias: false), wide);
                (x, from) = (g.Relu(g.Add(y, x)), wide);
            }
        }
        return g.Classes(Producer, g.Head(x, from, classes), classes);
    }

    /// <summary>DenseNet: dense blocks of pre-activated layers, transitions by average pooling.</summary>
    public static OnnxModel DenseNet()
    {
        ConvolutionalGraph g = new(12);
        Value x = g.Conv(g.Image(3, 32), 3, 16, stride: 2, bias: false);
        int from = 16;
        for (int s = 0; s < 2; s++)
        {
            for (int b = 0; b < 3; b++, from += 8)
                x = g.Concat(x, g.Conv(g.Relu(g.Normalize(g.Conv(g.Relu(g.Normalize(x, from)), from, 24, 1, bias: false), 24)), 24, 8, bias: false));
            x = g.Pool("AveragePool", g.Conv(g.Relu(g.Normalize(x, from)), from, from / 2, 1, bias: false), 2, 2);
            from /= 2;
        }
        return g.Classes(Producer, g.Head(g.Relu(g.Normalize(x, from)), from, 10), 10);
    }

    /// <summary>ConvNeXt: depthwise 7 × 7, Transpose, LayerNormalization, linear layers, layer scale, Transpose back.</summary>
    public static OnnxModel ConvNeXt()
    {
        ConvolutionalGraph g = new(17);
        Value x = g.Op("Conv", [g.Image(3, 32), g.Weight(24, 3, 4, 4), g.Weight(24)], ("strides", (long[])[4, 4]));
        int from = 24;
        x = First(g, x, from);
        foreach (int to in (int[])[24, 32])
        {
            if (to != from) x = g.Op("Conv", [First(g, x, from), g.Weight(to, from, 2, 2), g.Weight(to)], ("strides", (long[])[2, 2]));
            from = to;
            for (int b = 0; b < 2; b++)
            {
                Value y = g.LayerNorm(g.Transpose(g.Conv(x, to, to, 7, group: to), 0, 2, 3, 1), to);
                y = g.Mul(g.Weight(to), g.Dense(g.Gelu(g.Dense(y, to, 4 * to)), 4 * to, to));
                x = g.Add(x, g.Transpose(y, 0, 3, 1, 2));
            }
        }
        x = g.Op("Flatten", [g.Transpose(g.LayerNorm(g.Transpose(g.Op("GlobalAveragePool", [x]), 0, 2, 3, 1), from), 0, 3, 1, 2)]);
        return g.Classes(Producer, g.Gemm(x, from, 10), 10);

        // LayerNorm over channels, written out on the channels-first layout.
        static Value First(ConvolutionalGraph g, Value x, int channels)
        {
            Value centred = g.Op("Sub", [x, g.Mean(x, true, 1)]);
            Value y = g.Op("Div", [centred, g.Op("Sqrt", [g.Add(g.Mean(g.Op("Pow", [centred, g.Scalar(2f)]), true, 1), g.Scalar(1e-6f))])]);
            return g.Add(g.Mul(g.Positive(channels, 1, 1), y), g.Weight(channels, 1, 1));
        }
    }

    /// <summary>U-Net with ConvTranspose, padding to the size of the skip by shape arithmetic, and a bilinear Resize.</summary>
    public static OnnxModel UNet()
    {
        ConvolutionalGraph g = new(11);
        Value x = g.Image(1, 32);
        Value a = g.ConvNormRelu(g.ConvNormRelu(x, 1, 16), 16, 16);
        Value b = g.ConvNormRelu(g.ConvNormRelu(g.Pool("MaxPool", a, 2, 2), 16, 24), 24, 24);
        Value c = g.ConvNormRelu(g.ConvNormRelu(g.Pool("MaxPool", b, 2, 2), 24, 32), 32, 32);
        Value up = g.ConvTranspose(c, 32, 24);
        Value dy = g.Op("Sub", [g.Size(b, 2), g.Size(up, 2)]), dx = g.Op("Sub", [g.Size(b, 3), g.Size(up, 3)]);
        Value pads = g.Join(0, g.Ints(0, 0), g.Unsqueeze(dy, 0L), g.Unsqueeze(dx, 0L), g.Ints(0, 0, 0, 0));
        up = g.Op("Pad", [up, pads, g.Scalar(0f)], ("mode", "constant"));
        Value d = g.ConvNormRelu(g.ConvNormRelu(g.Concat(b, up), 48, 24), 24, 24);
        Value resized = g.Nodes("Resize", [d, g.Region(), g.Floats(1, 1, 2, 2)], 1, ("mode", "linear"), ("coordinate_transformation_mode", "align_corners"))[0];
        Value e = g.ConvNormRelu(g.Concat(a, resized), 40, 16);
        return g.Done(Producer, (g.Conv(e, 16, 2, 1), ["n", 2, 32, 32]));
    }

    /// <summary>YOLO: CSP blocks by Split and Concat, pyramid pooling, upsampling, three heads, boxes from a distribution over bins.</summary>
    public static OnnxModel Yolo()
    {
        ConvolutionalGraph g = new(17);
        Value x = g.Input("images", ElementType.Float32, 1, 3, 64, 64);
        Value s1 = Block(g, Cbs(g, Cbs(g, x, 3, 16, 3, 2), 16, 24, 3, 2), 24, 24);
        Value s2 = Block(g, Cbs(g, s1, 24, 32, 3, 2), 32, 32);
        Value s3 = Cbs(g, s2, 32, 48, 3, 2);
        Value p = Cbs(g, s3, 48, 24, 1, 1), q = g.Pool("MaxPool", p, 5, 1, 2), r = g.Pool("MaxPool", q, 5, 1, 2);
        s3 = Cbs(g, g.Concat(p, q, r, g.Pool("MaxPool", r, 5, 1, 2)), 96, 48, 1, 1);
        Value t2 = Block(g, g.Concat(Up(g, s3), s2), 80, 32);
        Value t1 = Block(g, g.Concat(Up(g, t2), s1), 56, 24);
        Value[] maps = [.. new[] { (t1, 24), (t2, 32), (s3, 48) }.Select(f => g.Reshape(g.Concat(
            g.Conv(Cbs(g, Cbs(g, f.Item1, f.Item2, 16, 3, 1), 16, 16, 3, 1), 16, 32, 1),
            g.Conv(Cbs(g, Cbs(g, f.Item1, f.Item2, 16, 3, 1), 16, 16, 3, 1), 16, 5, 1)), 1, 37, -1))];
        Value[] parts = g.Split(g.Join(2, maps), 1, 32, 5);
        Value bins = g.Softmax(g.Transpose(g.Reshape(parts[0], 1, 4, 8, 336), 0, 2, 1, 3), 1);
        Value boxes = g.Reshape(g.Op("Conv", [bins, g.Constant([1, 8, 1, 1], i => i)]), 1, 4, 336);
        Value[] ends = [g.Slice(boxes, 1, 0, 2), g.Slice(boxes, 1, 2, 4)];
        Value low = g.Op("Sub", [g.Constant([1, 2, 336], i => i % 8), ends[0]]), high = g.Add(g.Constant([1, 2, 336], i => i % 8), ends[1]);
        Value box = g.Mul(g.Join(1, g.Op("Div", [g.Add(low, high), g.Scalar(2f)]), g.Op("Sub", [high, low])), g.Constant([1, 336], i => i < 256 ? 4 : i < 320 ? 8 : 16));
        return g.Done(Producer, (g.Join(1, box, g.Op("Sigmoid", [parts[1]])), [1, 9, 336]));

        static Value Cbs(ConvolutionalGraph g, Value x, int from, int to, int kernel, int stride) => g.Silu(g.Conv(x, from, to, kernel, stride));
        static Value Up(ConvolutionalGraph g, Value x) => g.Nodes("Resize", [x, null, g.Floats(1, 1, 2, 2)], 1, ("mode", "nearest"), ("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor"))[0];
        static Value Block(ConvolutionalGraph g, Value x, int from, int to)
        {
            Value[] halves = g.Split(Cbs(g, x, from, to, 1, 1), 1, to / 2, to / 2);
            Value y = g.Add(halves[1], Cbs(g, Cbs(g, halves[1], to / 2, to / 2, 3, 1), to / 2, to / 2, 3, 1));
            return Cbs(g, g.Concat(halves[0], halves[1], y), 3 * to / 2, to, 1, 1);
        }
    }

    /// <summary>YOLOv5's head: [B, 3·(5 + classes), H, W] to five axes, Transpose, Sigmoid, grids and anchors, all scales joined; opset 11, old Upsample scales.</summary>
    public static OnnxModel AnchorHeads()
    {
        ConvolutionalGraph g = new(11);
        Value x = g.Image(3, 32);
        Value a = g.Silu(g.Conv(x, 3, 16, stride: 2)), b = g.Silu(g.Conv(a, 16, 24, stride: 2));
        Value up = g.Nodes("Resize", [g.Silu(g.Conv(b, 24, 16, 1)), g.Region(), g.Floats(1, 1, 2, 2)], 1, ("mode", "nearest"))[0];
        Value c = g.Silu(g.Conv(g.Concat(up, a), 32, 24));
        Value[] heads = [.. new (Value Map, int Side)[] { (c, 16), (b, 8) }.Select(f =>
        {
            Value y = g.Conv(f.Map, 24, 21, 1);
            Value shape = g.Join(0, g.Unsqueeze(g.Size(y, 0), 0L), g.Ints(3, 7), g.Unsqueeze(g.Size(y, 2), 0L), g.Unsqueeze(g.Size(y, 3), 0L));
            y = g.Op("Sigmoid", [g.Transpose(g.Op("Reshape", [y, shape]), 0, 1, 3, 4, 2)]);
            Value xy = g.Add(g.Mul(g.Slice(y, 4, 0, 2), g.Scalar(2f)), g.Constant([1, 1, f.Side, f.Side, 2], i => i % 5));
            Value wh = g.Mul(g.Op("Pow", [g.Mul(g.Slice(y, 4, 2, 4), g.Scalar(2f)), g.Scalar(2f)]), g.Positive(1, 3, 1, 1, 2));
            return g.Op("Reshape", [g.Join(4, xy, wh, g.Slice(y, 4, 4, long.MaxValue)), g.Sizes(y, 0, -1L, 7L)]);
        })];
        return g.Done(Producer, (g.Join(1, heads), ["n", 960, 7]));
    }

    /// <summary>Super-resolution: residual blocks without normalisation, DepthToSpace; and again written as Reshape and Transpose.</summary>
    public static OnnxModel SuperResolution()
    {
        ConvolutionalGraph g = new(11);
        Value x = g.Image(1, 16);
        Value head = g.Conv(x, 1, 16), y = head;
        for (int i = 0; i < 2; i++) y = g.Add(y, g.Mul(g.Conv(g.Relu(g.Conv(y, 16, 24)), 24, 16), g.Scalar(0.1f)));
        y = g.Op("DepthToSpace", [g.Conv(g.Add(y, head), 16, 64)], ("blocksize", 2L), ("mode", "CRD"));
        y = g.Conv(g.Relu(y), 16, 4);
        y = g.Reshape(g.Transpose(g.Reshape(y, -1, 1, 2, 2, 32, 32), 0, 1, 4, 2, 5, 3), -1, 1, 64, 64);
        return g.Done(Producer, (y, ["n", 1, 64, 64]));
    }

    /// <summary>Style transfer: reflecting Pad, InstanceNormalization, residuals, Upsample.</summary>
    public static OnnxModel StyleTransfer()
    {
        ConvolutionalGraph g = new(9);
        Value x = Inst(g, Reflected(g, g.Image(3, 32), 3, 16, 5, 1), 16);
        x = Inst(g, Reflected(g, x, 16, 24, 3, 2), 24);
        for (int i = 0; i < 2; i++) x = g.Add(g.Op("InstanceNormalization", [Reflected(g, Inst(g, Reflected(g, x, 24, 24, 3, 1), 24), 24, 24, 3, 1), g.Positive(24), g.Weight(24)]), x);
        x = g.Op("Upsample", [x, g.Floats(1, 1, 2, 2)], ("mode", "nearest"));
        x = Inst(g, Reflected(g, x, 24, 16, 3, 1), 16);
        return g.Done(Producer, (Reflected(g, x, 16, 3, 5, 1), ["n", 3, 32, 32]));

        static Value Inst(ConvolutionalGraph g, Value x, int channels) => g.Relu(g.Op("InstanceNormalization", [x, g.Positive(channels), g.Weight(channels)]));
        static Value Reflected(ConvolutionalGraph g, Value x, int from, int to, int kernel, int stride)
        {
            long p = kernel / 2;
            x = g.Op("Pad", [x], ("mode", "reflect"), ("pads", (long[])[0, 0, p, p, 0, 0, p, p]));
            return g.Op("Conv", [x, g.Weight(to, from, kernel, kernel), g.Weight(to)], ("strides", (long[])[stride, stride]));
        }
    }

    /// <summary>A generator: latent numbers, linear layer, Reshape to maps, ConvTranspose, Tanh.</summary>
    public static OnnxModel Generator()
    {
        ConvolutionalGraph g = new(13);
        Value x = g.Input("z", ElementType.Float32, "n", 16);
        x = g.Reshape(g.Relu(g.Gemm(x, 16, 24 * 16)), -1, 24, 4, 4);
        x = g.Relu(g.Normalize(g.ConvTranspose(x, 24, 24), 24));
        x = g.Relu(g.Normalize(g.ConvTranspose(x, 24, 16), 16));
        return g.Done(Producer, (g.Op("Tanh", [g.Conv(x, 16, 3)]), ["n", 3, 16, 16]));
    }

    /// <summary>NAFNet: gates by Split, attention over channels, LayerNorm over channels, learned scales.</summary>
    public static OnnxModel GatedRestoration()
    {
        ConvolutionalGraph g = new(17);
        Value input = g.Image(3, 24);
        Value x = g.Conv(input, 3, 16);
        for (int i = 0; i < 2; i++)
        {
            Value y = Over(g, x, 16);
            y = Gate(g, g.Conv(g.Conv(y, 16, 48, 1), 48, 48, 3, group: 48), 24);
            y = g.Mul(y, g.Conv(g.Mean(y, true, 2, 3), 24, 24, 1));
            x = g.Add(x, g.Mul(g.Conv(y, 24, 16, 1), g.Weight(1, 16, 1, 1)));
            x = g.Add(x, g.Mul(g.Conv(Gate(g, g.Conv(Over(g, x, 16), 16, 48, 1), 24), 24, 16, 1), g.Weight(1, 16, 1, 1)));
        }
        return g.Done(Producer, (g.Add(g.Conv(x, 16, 3), input), ["n", 3, 24, 24]));

        static Value Over(ConvolutionalGraph g, Value x, int channels) => g.Transpose(g.LayerNorm(g.Transpose(x, 0, 2, 3, 1), channels), 0, 3, 1, 2);
        static Value Gate(ConvolutionalGraph g, Value x, int half)
        {
            Value[] halves = g.Split(x, 1, half, half);
            return g.Mul(halves[0], halves[1]);
        }
    }

    /// <summary>Two images through the same layers, compared; embeddings of unit length.</summary>
    public static OnnxModel Siamese()
    {
        ConvolutionalGraph g = new(13);
        Value w1 = g.Weight(16, 1, 3, 3), b1 = g.Weight(16), w2 = g.Weight(24, 16, 3, 3), b2 = g.Weight(24), w3 = g.Weight(16, 24), b3 = g.Weight(16);
        Value a = Tower("a"), b = Tower("b");
        Value distance = g.Op("ReduceSum", [g.Mul(a, b), g.Ints(1)], ("keepdims", 1L));
        return g.Done(Producer, (distance, ["n", 1]), (a, ["n", 16]));

        Value Tower(string name)
        {
            Value x = g.Input(name, ElementType.Float32, "n", 1, 16, 16);
            x = g.Relu(g.Op("Conv", [x, w1, b1], ("strides", (long[])[2, 2]), ("pads", (long[])[1, 1, 1, 1])));
            x = g.Op("Flatten", [g.Op("GlobalAveragePool", [g.Relu(g.Op("Conv", [x, w2, b2], ("pads", (long[])[1, 1, 1, 1])))])]);
            x = g.Op("Gemm", [x, w3, b3], ("transB", 1L));
            Value length = g.Op("Clip", [g.Op("ReduceL2", [x], ("axes", (long[])[1]), ("keepdims", 1L)), g.Scalar(1e-12f)]);
            return g.Op("Div", [x, g.Op("Expand", [length, g.Op("Shape", [x])])]);
        }
    }
}
