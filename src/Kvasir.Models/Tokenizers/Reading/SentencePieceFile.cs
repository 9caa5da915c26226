namespace Kvasir.Models;

/// <summary>Reads SentencePiece's own <c>tokenizer.model</c> (sentencepiece_model.proto) of folders without tokenizer.json.</summary>
internal static class SentencePieceFile
{
    private const int UnigramType = 1;
    private const int BpeType = 2;

    /// <param name="path">For messages.</param>
    /// <param name="data">The whole file.</param>
    /// <param name="settings">tokenizer_config.json, when there is one.</param>
    public static Tokenizer Read(string path, ReadOnlySpan<byte> data, JsonField? settings)
    {
        var pieces = new List<string?>();
        var scores = new List<float>();
        var kinds = new List<TokenKind>();
        var trainer = new TrainerFields();
        var normalizer = new NormalizerFields();
        var reader = new ProtobufReader(path, data);
        for (int field = reader.Next(); field != 0; field = reader.Next())
        {
            switch (field)
            {
                case 1:
                    ReadPiece(new ProtobufReader(path, reader.Bytes()), path, pieces, scores, kinds);
                    break;
                case 2:
                    trainer.Read(new ProtobufReader(path, reader.Bytes()));
                    break;
                case 3:
                    normalizer.Read(path, new ProtobufReader(path, reader.Bytes()));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (pieces.Count == 0)
            throw new ModelFormatException(path, "the vocabulary is empty");
        if (trainer.ModelType is not (UnigramType or BpeType))
            throw new UnsupportedModelException(path, $"SentencePiece's model type {trainer.ModelType} is not supported; unigram (1) and BPE (2) are");
        int unknown = kinds.IndexOf(TokenKind.Unknown);
        if (unknown < 0)
            throw new ModelFormatException(path, "the vocabulary has no unknown token");
        int? Id(string name, int otherwise) => Named(settings, name, pieces) ?? (otherwise >= 0 && otherwise < pieces.Count && kinds[otherwise] == TokenKind.Control ? otherwise : null);
        int? bos = Id("bos_token", trainer.BosId);
        return new SentencePieceDefinition(
            new Vocabulary
            {
                Pieces = [.. pieces],
                Kinds = [.. kinds],
                BosId = bos,
                EosId = Id("eos_token", trainer.EosId),
                PadId = Id("pad_token", trainer.PadId),

                // What transformers does without a word: Llama-like models begin with bos, T5-like ones end with eos.
                AddsBos = bos is not null && (settings?.Find("add_bos_token")?.Bool() ?? trainer.ModelType == BpeType),
            },
            [.. scores])
        {
            IsUnigram = trainer.ModelType == UnigramType,
            UnknownId = unknown,
            CharsMap = normalizer.Map,
            AddPrefix = normalizer.AddPrefix,
            RemoveExtraSpaces = normalizer.RemoveExtraSpaces,
            AddsEos = settings?.Find("add_eos_token")?.Bool() ?? trainer.ModelType == UnigramType,
        }.Build(path);
    }

    private static void ReadPiece(ProtobufReader reader, string path, List<string?> pieces, List<float> scores, List<TokenKind> kinds)
    {
        string piece = "";
        float score = 0;
        var kind = TokenKind.Normal;
        for (int field = reader.Next(); field != 0; field = reader.Next())
        {
            switch (field)
            {
                case 1:
                    piece = reader.Text();
                    break;
                case 2:
                    score = reader.Single();
                    break;
                case 3:
                    ulong type = reader.Number();
                    kind = type is >= 1 and <= 6 ? (TokenKind)type : throw new ModelFormatException(path, $"piece {pieces.Count} has the type {type}, not 1 to 6");
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (pieces.Count == ConfigLimits.MaxVocab)
            throw new ModelFormatException(path, $"more than {ConfigLimits.MaxVocab} tokens");
        pieces.Add(piece);
        scores.Add(score);
        kinds.Add(kind);
    }

    private static int? Named(JsonField? settings, string name, List<string?> pieces)
    {
        if (settings?.Find(name) is not { } token)
            return null;
        string text = token.IsString ? token.String() : token.Get("content").String();
        return pieces.IndexOf(text) is >= 0 and var id ? id : null;
    }

    private struct TrainerFields()
    {
        public int ModelType { get; private set; } = UnigramType;

        public int BosId { get; private set; } = 1;

        public int EosId { get; private set; } = 2;

        public int PadId { get; private set; } = -1;

        public void Read(ProtobufReader reader)
        {
            for (int field = reader.Next(); field != 0; field = reader.Next())
            {
                switch (field)
                {
                    case 3:
                        ModelType = (int)reader.Number();
                        break;
                    case 41:
                        BosId = (int)reader.Number();
                        break;
                    case 42:
                        EosId = (int)reader.Number();
                        break;
                    case 43:
                        PadId = (int)reader.Number();
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }
        }
    }

    private struct NormalizerFields()
    {
        public CharsMap? Map { get; private set; }

        public bool AddPrefix { get; private set; } = true;

        public bool RemoveExtraSpaces { get; private set; } = true;

        public void Read(string path, ProtobufReader reader)
        {
            for (int field = reader.Next(); field != 0; field = reader.Next())
            {
                switch (field)
                {
                    case 2 when reader.Bytes() is { Length: > 0 } map:
                        Map = new CharsMap(path, map);
                        break;
                    case 2:
                        break;
                    case 3:
                        AddPrefix = reader.Number() != 0;
                        break;
                    case 4:
                        RemoveExtraSpaces = reader.Number() != 0;
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }
        }
    }
}
