using PruneTasks.Spec.Onnx;

namespace PruneTasks.Spec.Tokenizers;

/// <summary>
/// Reads a model of SentencePiece (google/sentencepiece, sentencepiece_model.proto): ModelProto has pieces = 1, trainer_spec = 2, normalizer_spec = 3; a piece
/// its text = 1, score = 2 and type = 3.
/// </summary>
internal sealed class SentencePieceModel
{
    private const int UnigramType = 1, PairsType = 2;
    private const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5;

    private readonly List<(string Text, float Score, int Type)> _pieces = [];
    private int _type = UnigramType, _beginning = 1, _end = 2, _pad = -1;
    private bool _byteFallback, _suffix, _prefix = true, _squeeze = true, _escape = true;
    private byte[] _map = [];
    private string _unknownText = " \u2047 ";

    /// <exception cref="OnnxFormatException">It is no protobuf message, or none with pieces.</exception>
    /// <exception cref="TokenizerException">It is of a kind that is not supported.</exception>
    public static Tokenizer Read(byte[] bytes)
    {
        var model = new SentencePieceModel();
        using var stream = new MemoryStream(bytes);
        model.Fields(new ProtoCursor(stream));
        return model.Build();
    }

    private void Fields(ProtoCursor cursor)
    {
        while (cursor.NextField(out int field, out int wireType))
        {
            if (wireType != ProtoCursor.Bytes || field is not (1 or 2 or 3))
            {
                cursor.Skip(wireType);
                continue;
            }
            (string Text, float Score, int Type) piece = ("", 0, Normal);
            cursor.ReadMessage((inner, type) =>
            {
                switch (field, inner, type)
                {
                    case (1, 1, ProtoCursor.Bytes): piece.Text = cursor.ReadText(); break;
                    case (1, 2, ProtoCursor.Fixed32): piece.Score = cursor.ReadFloat(); break;
                    case (1, 3, ProtoCursor.Varint): piece.Type = (int)cursor.ReadVarint(); break;
                    case (2, 3, ProtoCursor.Varint): _type = (int)cursor.ReadVarint(); break;
                    case (2, 24, ProtoCursor.Varint): _suffix = cursor.ReadVarint() != 0; break;
                    case (2, 35, ProtoCursor.Varint): _byteFallback = cursor.ReadVarint() != 0; break;
                    case (2, 41, ProtoCursor.Varint): _beginning = (int)cursor.ReadVarint(); break;
                    case (2, 42, ProtoCursor.Varint): _end = (int)cursor.ReadVarint(); break;
                    case (2, 43, ProtoCursor.Varint): _pad = (int)cursor.ReadVarint(); break;
                    case (2, 44, ProtoCursor.Bytes): _unknownText = cursor.ReadText(); break;
                    case (3, 2, ProtoCursor.Bytes): _map = cursor.ReadBytes(); break;
                    case (3, 3, ProtoCursor.Varint): _prefix = cursor.ReadVarint() != 0; break;
                    case (3, 4, ProtoCursor.Varint): _squeeze = cursor.ReadVarint() != 0; break;
                    case (3, 5, ProtoCursor.Varint): _escape = cursor.ReadVarint() != 0; break;
                    default: cursor.Skip(type); break;
                }
            });
            if (field == 1)
                _pieces.Add(piece);
        }
    }

    private Tokenizer Build()
    {
        if (_pieces.Count == 0)
            throw new OnnxFormatException("it has no pieces");
        if (_type is not (UnigramType or PairsType))
            throw new TokenizerException("is a SentencePiece model of words or characters; unigram and bpe are supported");
        if (_suffix || !_escape)
            throw new TokenizerException($"is a SentencePiece model with {(_suffix ? "spaces behind words (treat_whitespace_as_suffix)" : "spaces that are not escaped")}, which is not supported");
        // One that was left out of the vocabulary is split into the two that it came from.
        if (_type == PairsType && _pieces.Any(piece => piece.Type == Unused))
            throw new TokenizerException("is a SentencePiece model of the type bpe with unused pieces (a restricted vocabulary), which is not supported");
        int unknown = _pieces.FindIndex(piece => piece.Type == Unknown);
        string[] symbols = [.. _pieces.Where(piece => piece.Type == UserDefined).Select(piece => piece.Text)];
        return new Tokenizer(_type == UnigramType ? "unigram" : "pieces")
        {
            Names = [.. _pieces.Select(piece => piece.Text)],
            // Control tokens are in no text. What stands for unknown has a real space, which no normalized text has.
            Tokens = [.. _pieces.Select(piece => piece.Type switch { Control or Unused => null, Unknown => _unknownText, _ => piece.Text })],
            Scores = [.. _pieces.Select(piece => (double)piece.Score)],
            Added = [.. _pieces.Select((piece, id) => (piece, id)).Where(one => one.piece.Type == UserDefined).Select(one => new AddedToken(one.piece.Text, one.id, Silent: false, Normalized: true))],
            Steps = [["sentencePiece", Convert.ToBase64String(_map), _prefix ? "true" : "false", _squeeze ? "true" : "false", .. symbols]],
            Unknown = unknown >= 0 ? unknown : null,
            ByteFallback = _byteFallback,
            FuseUnknown = true,
            DropFirstSpace = _prefix,
            SentencePiece = true,
            Start = _beginning >= 0 && _beginning < _pieces.Count ? [_beginning] : [],
            Stop = _end >= 0 && _end < _pieces.Count ? [_end] : [],
            Pad = _pad >= 0 ? _pad : null,
        };
    }
}
