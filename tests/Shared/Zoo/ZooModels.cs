using PruneTasks.Onnx;

namespace PruneTasks.Zoo;

/// <summary>Small networks in the manner of many exporters and architectures, with seeded random weights: stand-ins for models that nobody here has seen.</summary>
internal static class ZooModels
{
    /// <summary>All, by name.</summary>
    public static IReadOnlyDictionary<string, Func<OnnxModel>> Small { get; } = new Dictionary<string, Func<OnnxModel>>(StringComparer.Ordinal)
    {
        ["tf-channels-last"] = TensorFlowZoo.ChannelsLast,
        ["tf-mobilenet-v2"] = TensorFlowZoo.InvertedResiduals,
        ["tf-efficientnet"] = TensorFlowZoo.SqueezeExcite,
        ["keras-conv-lstm"] = TensorFlowZoo.ConvolutionAndLstm,
        ["tf-bert"] = TensorFlowZoo.Bert,
        ["cntk-digits"] = OldZoo.Cntk,
        ["caffe2-inception"] = OldZoo.Inception,
        ["mxnet-face"] = OldZoo.FaceEmbedding,
        ["matlab-alexnet"] = OldZoo.Matlab,
        ["sklearn-mlp"] = OldZoo.Perceptron,
        ["torch-vgg"] = OldZoo.Vgg,
        ["paddle-mobilenet-v3"] = PaddleZoo.MobileNet,
        ["paddle-text-detector"] = PaddleZoo.Detector,
        ["paddle-text-detector-by-factors"] = PaddleZoo.DetectorByFactors,
        ["paddle-text-recogniser"] = PaddleZoo.Recogniser,
        ["torch-resnet"] = () => TorchVisionZoo.ResNet([8, 12], [2, 2], 32, 10),
        ["torch-resnext"] = () => TorchVisionZoo.ResNet([16, 24], [1, 1], 32, 10, groups: 4),
        ["torch-densenet"] = TorchVisionZoo.DenseNet,
        ["torch-convnext"] = TorchVisionZoo.ConvNeXt,
        ["torch-unet"] = TorchVisionZoo.UNet,
        ["torch-yolo-v8"] = TorchVisionZoo.Yolo,
        ["torch-yolo-v5"] = TorchVisionZoo.AnchorHeads,
        ["torch-super-resolution"] = TorchVisionZoo.SuperResolution,
        ["torch-style-transfer"] = TorchVisionZoo.StyleTransfer,
        ["torch-generator"] = TorchVisionZoo.Generator,
        ["torch-nafnet"] = TorchVisionZoo.GatedRestoration,
        ["torch-siamese"] = TorchVisionZoo.Siamese,
        ["torch-bert"] = () => TorchLanguageZoo.Bert(),
        ["torch-gpt2"] = () => TorchLanguageZoo.Gpt(cache: false),
        ["torch-gpt2-cache"] = () => TorchLanguageZoo.Gpt(cache: true),
        ["torch-llama-cache"] = TorchLanguageZoo.Llama,
        ["genai-llama"] = () => GenerativeZoo.Llama(),
        ["genai-llama-packed"] = () => GenerativeZoo.Llama(packed: true),
        ["genai-llama-half"] = () => GenerativeZoo.Llama(half: true),
        ["genai-llama-no-mask"] = () => GenerativeZoo.Llama(mask: false),
        ["genai-llama-turned-outside"] = () => GenerativeZoo.Llama(rotary: false),
        ["genai-gpt"] = () => GenerativeZoo.Gpt(),
        ["genai-gpt-causal"] = () => GenerativeZoo.Gpt(causal: true),
        ["onnx-attention-cache"] = () => GenerativeZoo.Gpt(standard: true),
        ["onnx-attention-cache-causal"] = () => GenerativeZoo.Gpt(standard: true, causal: true, groups: 2),
        ["genai-qwen-2"] = () => GenerativeZoo.Llama(packed: true, bias: true),
        ["genai-qwen-3"] = () => GenerativeZoo.Llama(norm: true),
        ["genai-llama-own-keys"] = () => GenerativeZoo.Llama(groups: 4),
        ["torch-deit"] = () => TorchAttentionZoo.Deit(),
        ["torch-vit-all-axes-open"] = () => TorchAttentionZoo.Deit(size: 96, patch: 16, open: true),
        ["torch-swin"] = TorchAttentionZoo.Swin,
        ["torch-whisper"] = TorchSequenceZoo.Whisper,
        ["torch-t5"] = TorchLanguageZoo.T5,
        ["torch-conformer"] = TorchSequenceZoo.Conformer,
        ["torch-segformer"] = TorchAttentionZoo.SegFormer,
        ["torch-tcn"] = TorchSequenceZoo.TemporalConvolutions,
        ["torch-speech-gru"] = TorchSequenceZoo.SpeechClassifier,
        ["torch-tabular"] = TorchSequenceZoo.Tabular,
        ["torch-normalized-layers"] = () => TorchSequenceZoo.NormalizedLayers(13),
        ["torch-normalized-layers-in-one-operator"] = () => TorchSequenceZoo.NormalizedLayers(17),
        ["torch-clip"] = TorchAttentionZoo.Clip,
    };

    /// <summary>Sizes that users have, for time and memory.</summary>
    public static IReadOnlyDictionary<string, Func<OnnxModel>> Large { get; } = new Dictionary<string, Func<OnnxModel>>(StringComparer.Ordinal)
    {
        ["resnet-50-size"] = () => TorchVisionZoo.ResNet([64, 128, 256, 512], [3, 4, 6, 3], 224, 1000),
        ["deit-small-size"] = () => TorchAttentionZoo.Deit(384, 6, 12, 224, 16, 1000),
        ["bert-base-size"] = () => TorchLanguageZoo.Bert(768, 12, 12, 3072, 8000, 512, 4),
    };
}
