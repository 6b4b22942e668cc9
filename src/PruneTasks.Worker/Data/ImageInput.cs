using PruneTasks.Imaging;
using PruneTasks.Onnx;
using PruneTasks.Spec;
using PruneTasks.Spec.Diagnostics;

namespace PruneTasks.Worker.Data;

/// <summary>Turns decoded pixels into the tensor of the model's image input, as the spec's image section says.</summary>
internal sealed class ImageInput
{
    private readonly Func<byte[], int, int, byte[]> _preprocess;
    private readonly ElementType _type;
    private readonly long[] _shape;

    private ImageInput(ElementType type, long[] shape, Func<byte[], int, int, byte[]> preprocess) => (_type, _shape, _preprocess) = (type, shape, preprocess);

    /// <summary>Checks that the section fits the model and prepares the way from pixels to elements.</summary>
    /// <exception cref="PruneDiagnosticException">No image section, not exactly one input, or another rank, size or element type.</exception>
    public static ImageInput For(DataRequest request)
    {
        ImageSpec spec = request.Image ?? throw request.Fail(
            PruneDiagnostics.DataDoesNotFit, request.Path, "it holds images; these need 'task: image-classification', or record the inputs in .npz files");
        if (request.Inputs.Count != 1) throw DoesNotFit(request, $"it has {request.Inputs.Count} inputs, an image fills one");
        ModelInput input = request.Inputs[0];
        ImageSettings settings = SettingsFor(spec) ?? throw DoesNotFit(request, $"its input '{input.Name}' does not fix the size; set 'image.size'");
        long[] shape = settings.Layout == ImageLayout.Nchw
            ? [1, settings.Channels, settings.Height, settings.Width]
            : [1, settings.Height, settings.Width, settings.Channels];
        if (input.Refuse(input.Type, shape) is { } reason) throw DoesNotFit(request, reason.Replace("the data is", "the image section makes", StringComparison.Ordinal));
        return new ImageInput(input.Type, shape, input.Type switch
        {
            ElementType.Float32 => Elements<float>(settings),
            ElementType.Float64 => Elements<double>(settings),
            ElementType.Float16 => Elements<Half>(settings),
            ElementType.UInt8 => Elements<byte>(settings),
            ElementType.Int8 => Elements<sbyte>(settings),
            ElementType.Int32 => Elements<int>(settings),
            ElementType.Int64 => Elements<long>(settings),
            _ => throw DoesNotFit(request, $"input '{input.Name}' takes {ModelInput.Describe(input.Type)}, which images are not turned into"),
        });
    }

    /// <summary>The tensor of one image, batch axis included.</summary>
    /// <param name="pixels">Rows of red, green, blue, 8 bits each, without padding.</param>
    /// <param name="width">Pixels per row.</param>
    /// <param name="height">Rows.</param>
    /// <exception cref="ArgumentException">The section cannot bring an image of this size to the model's size.</exception>
    public TensorData ToTensor(byte[] pixels, int width, int height) => new(_type, _shape, _preprocess(pixels, width, height));

    /// <summary>The section for the preprocessor; null without a size.</summary>
    private static ImageSettings? SettingsFor(ImageSpec spec)
    {
        if (spec.Width is not { } width || spec.Height is not { } height) return null;
        return new ImageSettings
        {
            Width = width,
            Height = height,
            Color = spec.Color switch { "gray" => ImageColor.Gray, "bgr" => ImageColor.Bgr, _ => ImageColor.Rgb },
            Layout = spec.Layout == "nhwc" ? ImageLayout.Nhwc : ImageLayout.Nchw,
            Scale = spec.Scale,
            Mean = [.. spec.Mean],
            Std = [.. spec.Std],
            Resize = spec.Resize switch { "none" => ImageResize.None, "stretch" => ImageResize.Stretch, "letterbox" => ImageResize.Letterbox, _ => ImageResize.ShortestEdge },
            Interpolation = spec.Interpolation switch
            {
                "nearest" => ImageInterpolation.Nearest,
                "box" => ImageInterpolation.Box,
                "hamming" => ImageInterpolation.Hamming,
                "bicubic" => ImageInterpolation.Bicubic,
                "lanczos" => ImageInterpolation.Lanczos,
                _ => ImageInterpolation.Bilinear,
            },
            Pad = (byte)spec.Pad,
            Crop = spec.Crop == "none" ? ImageCrop.None : ImageCrop.Center,
        };
    }

    private static Func<byte[], int, int, byte[]> Elements<T>(ImageSettings settings)
        where T : unmanaged, System.Numerics.INumberBase<T>
    {
        var preprocessor = new ImagePreprocessor<T>(settings);
        return (pixels, width, height) =>
        {
            var elements = new T[preprocessor.ElementCount];
            preprocessor.Run(pixels, width, height, 3 * width, PixelFormat.Rgb24, elements);
            return System.Runtime.InteropServices.MemoryMarshal.AsBytes(elements.AsSpan()).ToArray();
        };
    }

    private static PruneDiagnosticException DoesNotFit(DataRequest request, string reason) =>
        new(PruneDiagnostics.ImageDoesNotFit.At(request.SpecFile, request.ImageSpan, reason));
}
