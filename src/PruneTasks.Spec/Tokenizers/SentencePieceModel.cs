using PruneTasks.Spec.Onnx;

namespace PruneTasks.Spec.Tokenizers;

/// <summary>
/// What a SentencePiece model says about its special tokens (sentencepiece_model.proto: ModelProto.pieces = 1, trainer_spec = 2; in it bos_id = 41,
/// eos_id = 42, pad_id = 43). The library in the app reads the rest.
/// </summary>
internal static class SentencePieceModel
{
    /// <exception cref="OnnxFormatException">It is no protobuf message.</exception>
    public static Tokenizer Read(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        var cursor = new ProtoCursor(stream);
        List<string> pieces = [];
        int beginning = 1, end = 2, pad = -1;
        while (cursor.NextField(out int field, out int wireType))
        {
            if (wireType != ProtoCursor.Bytes || field is not (1 or 2))
            {
                cursor.Skip(wireType);
                continue;
            }
            bool piece = field == 1;
            cursor.ReadMessage((inner, type) =>
            {
                switch (piece, inner, type)
                {
                    case (true, 1, ProtoCursor.Bytes):
                        pieces.Add(cursor.ReadText());
                        break;
                    case (false, 41, ProtoCursor.Varint):
                        beginning = (int)cursor.ReadVarint();
                        break;
                    case (false, 42, ProtoCursor.Varint):
                        end = (int)cursor.ReadVarint();
                        break;
                    case (false, 43, ProtoCursor.Varint):
                        pad = (int)cursor.ReadVarint();
                        break;
                    default:
                        cursor.Skip(type);
                        break;
                }
            });
        }
        if (pieces.Count == 0)
            throw new OnnxFormatException("it has no pieces");
        return new Tokenizer("sentencepiece")
        {
            Names = pieces,
            Start = beginning >= 0 && beginning < pieces.Count ? [beginning] : [],
            Stop = end >= 0 && end < pieces.Count ? [end] : [],
            Pad = pad >= 0 ? pad : null,
        };
    }
}
