using System.Text.Json;
using Spoq.Core.Ai;
using Spoq.Infrastructure.Ai.Keys;
using Spoq.Infrastructure.Ai.Upstreams;

namespace Spoq.Web.Ai;

/// <summary>The models that the caller may use, in the words of the library that asks.</summary>
internal sealed class ModelsAnswer(AiCallers callers, ModelCatalogue models, TimeProvider clock)
{
    /// <summary>Members of Anthropic's form that have a meaning for its own models only.</summary>
    private static readonly string[] s_unknown = ["capabilities", "deprecated_at", "line", "max_input_tokens", "retires_at"];

    private readonly DateTimeOffset _since = clock.GetUtcNow();

    /// <summary>Anthropic's libraries always name their version.</summary>
    public static AiForm FormOf(HttpRequest request) => request.Headers.ContainsKey("anthropic-version") ? AiForm.Anthropic : AiForm.OpenAi;

    public async Task ListAsync(HttpContext http)
    {
        if (await EnterAsync(http) is { } caller)
        {
            var form = FormOf(http.Request);
            await WriteAsync(http, json => WriteList(json, form, [.. models.Models.Where(model => IsOpen(caller, model))]));
        }
    }

    public async Task OneAsync(HttpContext http, string name)
    {
        if (await EnterAsync(http) is { } caller)
        {
            var form = FormOf(http.Request);
            if (models.Find(name) is { } model && IsOpen(caller, model))
            {
                await WriteAsync(http, json => WriteOne(json, form, model));
            }
            else
            {
                await AiErrors.WriteAsync(http, form, AiRefusals.ModelUnknown(name));
            }
        }
    }

    private bool IsOpen(in AiCaller caller, AiModel model) => model.Price is not null && callers.Check(caller, model) is null;

    private async Task<AiCaller?> EnterAsync(HttpContext http)
    {
        AiHeaders.Begin(http, Guid.CreateVersion7(clock.GetUtcNow()));
        var found = await callers.FindAsync(http);
        if (found.Try(out var caller, out var refusal))
        {
            AiHeaders.Limits(http, caller, clock.GetUtcNow().UtcTicks);
            return caller;
        }

        await AiErrors.WriteAsync(http, FormOf(http.Request), refusal);
        return null;
    }

    private void WriteList(Utf8JsonWriter json, AiForm form, List<AiModel> shown)
    {
        json.WriteStartObject();
        if (form == AiForm.OpenAi)
        {
            json.WriteString("object", "list");
        }

        json.WriteStartArray("data");
        shown.ForEach(model => WriteOne(json, form, model));
        json.WriteEndArray();
        if (form == AiForm.Anthropic)
        {
            json.WriteBoolean("has_more", false);
            json.WriteString("first_id", shown.FirstOrDefault()?.Name);
            json.WriteString("last_id", shown.LastOrDefault()?.Name);
        }

        json.WriteEndObject();
    }

    private void WriteOne(Utf8JsonWriter json, AiForm form, AiModel model)
    {
        json.WriteStartObject();
        json.WriteString("id", model.Name);
        if (form == AiForm.OpenAi)
        {
            json.WriteString("object", "model");
            json.WriteNumber("created", _since.ToUnixTimeSeconds());
            json.WriteString("owned_by", model.Routes[0].Upstream.Name);
        }
        else
        {
            json.WriteString("type", "model");
            json.WriteString("display_name", model.Name);
            json.WriteString("created_at", _since.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture));
            json.WriteString("lifecycle", "active");
            json.WriteNumber("max_tokens", model.MaxOutput);
            foreach (var unknown in s_unknown)
            {
                json.WriteNull(unknown);
            }
        }

        json.WriteEndObject();
    }

    private static async Task WriteAsync(HttpContext http, Action<Utf8JsonWriter> write)
    {
        using var body = new MemoryStream();
        await using (var json = new Utf8JsonWriter(body))
        {
            write(json);
        }

        http.Response.ContentType = "application/json";
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length), http.RequestAborted);
    }
}
