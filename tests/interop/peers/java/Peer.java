// java Peer zarr-java|jzarr read|write SPEC.json: two peers of the interop matrix (see matrix_languages.py for SPEC.json).
// Prints a line [name, "done", "not asked" or what the library said] for each cell.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

public class Peer {
  static class NotAsked extends Exception {}

  interface Library {
    void read(JsonNode cell) throws Exception;

    void write(JsonNode cell) throws Exception;
  }

  static final ObjectMapper JSON = new ObjectMapper();

  // ---- elements, between files of little-endian bytes and arrays of Java's own types

  static void keep(JsonNode cell, Object values) throws Exception {
    int count = Array.getLength(values);
    ByteBuffer out = ByteBuffer.allocate(8 * count).order(ByteOrder.LITTLE_ENDIAN);
    if (values instanceof boolean[] v) for (boolean x : v) out.put((byte) (x ? 1 : 0));
    else if (values instanceof byte[] v) out.put(v);
    else if (values instanceof short[] v) for (short x : v) out.putShort(x);
    else if (values instanceof int[] v) for (int x : v) out.putInt(x);
    else if (values instanceof long[] v) for (long x : v) out.putLong(x);
    else if (values instanceof float[] v) for (float x : v) out.putInt(Float.floatToRawIntBits(x));
    else if (values instanceof double[] v) for (double x : v) out.putLong(Double.doubleToRawLongBits(x));
    else throw new IllegalStateException("values of " + values.getClass());
    byte[] bytes = new byte[out.position()];
    out.flip();
    out.get(bytes);
    Files.write(Path.of(cell.get("out").asText() + ".bin"), bytes);
  }

  static Object made(String dtype, ByteBuffer in, int[] places) throws NotAsked {
    in.order(ByteOrder.LITTLE_ENDIAN);
    int n = places.length;
    switch (dtype.substring(1)) {
      case "b1": {
        boolean[] v = new boolean[n];
        for (int i = 0; i < n; i++) v[i] = in.get(places[i]) != 0;
        return v;
      }
      case "i1":
      case "u1": {
        byte[] v = new byte[n];
        for (int i = 0; i < n; i++) v[i] = in.get(places[i]);
        return v;
      }
      case "i2":
      case "u2": {
        short[] v = new short[n];
        for (int i = 0; i < n; i++) v[i] = in.getShort(2 * places[i]);
        return v;
      }
      case "i4":
      case "u4": {
        int[] v = new int[n];
        for (int i = 0; i < n; i++) v[i] = in.getInt(4 * places[i]);
        return v;
      }
      case "i8":
      case "u8": {
        long[] v = new long[n];
        for (int i = 0; i < n; i++) v[i] = in.getLong(8 * places[i]);
        return v;
      }
      case "f4": {
        float[] v = new float[n];
        for (int i = 0; i < n; i++) v[i] = in.getFloat(4 * places[i]);
        return v;
      }
      case "f8": {
        double[] v = new double[n];
        for (int i = 0; i < n; i++) v[i] = in.getDouble(8 * places[i]);
        return v;
      }
      default:
        throw new NotAsked();
    }
  }

  static int[] ints(JsonNode list) {
    int[] found = new int[list.size()];
    for (int i = 0; i < found.length; i++) found[i] = list.get(i).asInt();
    return found;
  }

  record Box(int[] origin, int[] shape) {
    int[] placesIn(int[] whole) {
      List<Integer> found = List.of(0);
      for (int axis = 0; axis < whole.length; axis++) {
        List<Integer> next = new ArrayList<>();
        for (int place : found) {
          for (int i = 0; i < shape[axis]; i++) next.add(place * whole[axis] + origin[axis] + i);
        }
        found = next;
      }
      return found.stream().mapToInt(Integer::intValue).toArray();
    }
  }

  static List<Box> boxes(JsonNode cell) {
    int[] shape = ints(cell.get("zarray").get("shape"));
    if (cell.get("regions").isNull()) return List.of(new Box(new int[shape.length], shape));
    List<Box> found = new ArrayList<>();
    for (JsonNode box : cell.get("regions")) found.add(new Box(ints(box.get(0)), ints(box.get(1))));
    return found;
  }

  // What neither library can be asked for.
  static void check(JsonNode cell) throws Exception {
    JsonNode dtype = cell.get("zarray").get("dtype");
    if (cell.get("consolidated").asBoolean() || !cell.get("write_empty").asBoolean() || !dtype.isTextual()) throw new NotAsked();
    made(dtype.asText(), ByteBuffer.allocate(0), new int[0]);
  }

  interface Writer {
    void write(Box box, Object values) throws Exception;
  }

  static void writeBoxes(JsonNode cell, Writer writer) throws Exception {
    JsonNode zarray = cell.get("zarray");
    ByteBuffer data = ByteBuffer.wrap(Files.readAllBytes(Path.of(cell.get("data").asText())));
    for (Box box : boxes(cell)) {
      writer.write(box, made(zarray.get("dtype").asText(), data, box.placesIn(ints(zarray.get("shape")))));
    }
  }

  static class ZarrJava implements Library {
    static dev.zarr.zarrjava.store.StoreHandle place(JsonNode cell) {
      return new dev.zarr.zarrjava.store.FilesystemStore(cell.get("store").asText()).resolve(cell.get("path").asText());
    }

    static boolean isV3(JsonNode cell) {
      return cell.get("zarray").get("zarr_format").asInt() == 3;
    }

    public void read(JsonNode cell) throws Exception {
      var array = isV3(cell) ? dev.zarr.zarrjava.v3.Array.open(place(cell)).read() : dev.zarr.zarrjava.v2.Array.open(place(cell)).read();
      keep(cell, array.copyTo1DJavaArray());
    }

    // The name of a type of v3 as v2 has it.
    static String typestr(JsonNode dataType) throws NotAsked {
      if (!dataType.isTextual()) throw new NotAsked();
      String name = dataType.asText();
      if (name.equals("bool")) return "|b1";
      if (!name.matches("(u?int|float)\\d+")) throw new NotAsked();
      return "<" + name.charAt(0) + Integer.parseInt(name.replaceAll("\\D", "")) / 8;
    }

    static void writeV3(JsonNode cell) throws Exception {
      JsonNode zarray = cell.get("zarray");
      String dtype = typestr(zarray.get("data_type"));
      var metadata = dev.zarr.zarrjava.v3.Node.makeObjectMapper()
                         .treeToValue(zarray, dev.zarr.zarrjava.v3.ArrayMetadata.class);
      var array = dev.zarr.zarrjava.v3.Array.create(place(cell), metadata);
      int[] shape = ints(zarray.get("shape"));
      ByteBuffer data = ByteBuffer.wrap(Files.readAllBytes(Path.of(cell.get("data").asText())));
      Object values = made(dtype, data, new Box(new int[shape.length], shape).placesIn(shape));
      array.write(new long[shape.length], ucar.ma2.Array.factory(metadata.dataType.getMA2DataType(), shape, values));
    }

    public void write(JsonNode cell) throws Exception {
      if (isV3(cell)) {
        writeV3(cell);
        return;
      }
      check(cell);
      dev.zarr.zarrjava.v2.Group.create(Path.of(cell.get("store").asText()));
      var metadata = dev.zarr.zarrjava.v2.Node.makeObjectMapper()
                         .treeToValue(cell.get("zarray"), dev.zarr.zarrjava.v2.ArrayMetadata.class);
      var array = dev.zarr.zarrjava.v2.Array.create(place(cell), metadata);
      writeBoxes(cell, (box, values) -> {
        long[] origin = new long[box.origin.length];
        for (int i = 0; i < origin.length; i++) origin[i] = box.origin[i];
        array.write(origin, ucar.ma2.Array.factory(metadata.dataType.getMA2DataType(), box.shape, values));
      });
    }
  }

  static class JZarr implements Library {
    public void read(JsonNode cell) throws Exception {
      keep(cell, com.bc.zarr.ZarrArray.open(cell.get("store").asText() + "/" + cell.get("path").asText()).read());
    }

    @SuppressWarnings("unchecked")
    public void write(JsonNode cell) throws Exception {
      check(cell);
      JsonNode zarray = cell.get("zarray");
      String dtype = zarray.get("dtype").asText();
      if (dtype.charAt(1) == 'b' || !zarray.get("filters").isNull() || !zarray.get("order").asText().equals("C")) throw new NotAsked();
      JsonNode fill = zarray.get("fill_value"), compressor = zarray.get("compressor");
      var group = com.bc.zarr.ZarrGroup.create(cell.get("store").asText());
      var array = group.createArray(cell.get("path").asText(),
          new com.bc.zarr.ArrayParams()
              .shape(ints(zarray.get("shape")))
              .chunks(ints(zarray.get("chunks")))
              .dataType(com.bc.zarr.DataType.valueOf(dtype.substring(1)))
              .byteOrder(dtype.charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN)
              .fillValue(fill.isNull() ? null : fill.isTextual() ? (Number) Double.valueOf(fill.asText()) : fill.numberValue())
              .dimensionSeparator(zarray.get("dimension_separator").asText().equals("/") ? com.bc.zarr.DimensionSeparator.SLASH
                                                                                        : com.bc.zarr.DimensionSeparator.DOT)
              .compressor(compressor.isNull()
                      ? com.bc.zarr.CompressorFactory.nullCompressor
                      : com.bc.zarr.CompressorFactory.create((Map<String, Object>) JSON.convertValue(compressor, Map.class))));
      writeBoxes(cell, (box, values) -> array.write(values, box.shape, box.origin));
    }
  }

  static String outcome(Library library, String what, JsonNode cell) {
    try {
      if (what.equals("read")) library.read(cell);
      else library.write(cell);
      return "done";
    } catch (NotAsked none) {
      return "not asked";
    } catch (Throwable error) {
      // The innermost says what it is about.
      Throwable cause = error;
      while (cause.getCause() != null) cause = cause.getCause();
      return cause.getClass().getSimpleName() + ": " + String.valueOf(cause.getMessage()).lines().findFirst().orElse("");
    }
  }

  public static void main(String[] arguments) throws Exception {
    PrintStream out = System.out;
    System.setOut(System.err);
    Library library = arguments[0].equals("jzarr") ? new JZarr() : new ZarrJava();
    for (JsonNode cell : JSON.readTree(Path.of(arguments[2]).toFile())) {
      out.println(JSON.writeValueAsString(List.of(cell.get("name").asText(), outcome(library, arguments[1], cell))));
      out.flush();
    }
    System.exit(0);
  }
}
